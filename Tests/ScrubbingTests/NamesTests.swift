import Scrubbing
import Testing

/// Who and where: pseudonyms, and what is no name.
@Suite("Names")
struct NamesTests {
  static let identities = [
    Identity(.hostName, "gate"), Identity(.hostName, "gate.customer.example"),
    Identity(.domainName, "customer.example"), Identity(.hostName, "appliance-4711"),
    Identity(.address, "192.0.2.7"), Identity(.address, "2001:db8::7"),
    Identity(.macAddress, "00:1a:2b:3c:4d:5e"), Identity(.serialNumber, "CZC1234XYZ"),
    Identity(.userName, "alice"), Identity(.userName, "root"),
    Identity(.machineID, "0123456789abcdef0123456789abcde0"),
    Identity(.mail, "it@customer.example"),
    Identity(.secret, "Bearer hunter2hunter2\n"),
  ]

  private func scrubbed(_ text: String) -> String { SecretsTests.scrubbed(text, Self.identities) }

  @Test(
    "the appliance's own names are replaced in every spelling",
    arguments: [
      ("gate accordd[1]: GATE is up", "host-1 accordd[1]: host-1 is up"),
      ("ping gate.customer.example", "ping host-1"), ("x@Gate", "x@host-1"),
      ("/var/log/APPLIANCE-4711.log", "/var/log/host-1.log"),
      ("tmp_appliance-4711x", "tmp_host-1x"),
      ("printer.customer.example", "host-1"), ("search customer.example", "search domain-1"),
      ("192.0.2.7:22 and 192.0.2.7", "ip-1:22 and ip-1"), ("192.000.002.007", "ip-1"),
      ("2001:DB8:0:0:0:0:0:7 2001:db8::7", "ip-1 ip-1"),
      ("20010db8000000000000000000000007 02 40 00 80 eth0", "ip-1 02 40 00 80 eth0"),
      ("eth0 070200C0 00000000", "eth0 ip-1 00000000"),
      ("001a2b3c4d5e 00-1A-2B-3C-4D-5E 001a.2b3c.4d5e", "mac-1 mac-1 mac-1"),
      ("wlx001a2b3c4d5e: dev_00_1A_2B_3C_4D_5E", "wlxmac-1: dev_mac-1"),
      ("S/N czc1234xyz.", "S/N serial-1."), ("alice logged in", "user-1 logged in"),
      ("01234567-89AB-cdef-0123-456789abcde0", "machine-1"),
      ("boot 0123456789abcdef0123456789abcde0x", "boot machine-1x"),
      ("IT@customer.example", "mail-1"), ("was hunter2hunter2!", "was [removed: secret]!"),
    ])
  func own(text: String, expected: String) {
    #expect(scrubbed(text) == expected)
  }

  @Test(
    "other people's are replaced too",
    arguments: [
      ("mail bob.smith+x@example.com now", "mail mail-1 now"),
      ("From: <bob@b.example.de>", "From: <mail-1>"),
      ("owner=bob@b.example, x", "owner=mail-1, x"),
      ("ether aa:bb:cc:dd:ee:0f txqueuelen", "ether mac-1 txqueuelen"),
      ("AA-BB-CC-DD-EE-0F", "mac-1"),
      ("aabb.ccdd.ee0f", "mac-1"), ("lladdr 0:1b:2c:3:4:5 x", "lladdr mac-1 x"),
      ("enxaabbccddee0f: up", "enxmac-1: up"),
      ("client-id 01:aa:bb:cc:dd:ee:0f", "client-id mac-1"),
      ("aa%3Abb%3acc%3Add%3Aee%3A0f", "mac-1"),
      ("inet 10.1.2.3/24 brd 10.1.2.255", "inet ip-1/24 brd ip-2"),
      ("from 203.0.113.9.", "from ip-1."),
      ("[10.1.2.3]:443,10.1.2.3;(10.1.2.3)", "[ip-1]:443,ip-1;(ip-1)"),
      ("9.1.2.10.in-addr.arpa", "ip-1.in-addr.arpa"),
      ("7.2.0.192.bc.example.net", "ip-1.bc.example.net"), ("host-10.1.2.3.log", "host-ip-1.log"),
      ("inet6 fe80::21a:2bff:fe3c:4d5e%eth0", "inet6 ip-1%eth0"),
      ("::ffff:10.1.2.3 10.1.2.3", "ip-1 ip-1"),
      ("[IPv6:2001:db8::1] addr:2001:db8::2.", "[IPv6:ip-1] addr:ip-2."),
      ("std::dead std::dead::beef1", "std::dead std::dead::beef1"),
      ("2001:db8:1:2:3:4:5:6: unreachable", "ip-1: unreachable"), ("via 2001:db8::.", "via ip-1."),
      ("/home/bob/x /home/bob", "/home/user-1/x /home/user-1"),
      (
        "Failed password for invalid user bob from 10.1.2.3 port 22",
        "Failed password for invalid user user-1 from ip-1 port 22"
      ),
      (
        "Accepted publickey for bob from 10.1.2.3 port 22",
        "Accepted publickey for user-1 from ip-1 port 22"
      ),
      ("session opened for user bob(uid=1000)", "session opened for user user-1(uid=1000)"),
      ("connect to nas.lan failed", "connect to host-1 failed"), ("db1.corp:5432", "host-1:5432"),
      ("smb://files.local/x", "smb://host-1/x"),
      ("usb 1-1: SerialNumber: 4C5300012", "usb 1-1: SerialNumber: serial-1"),
      ("Serial Number: 4C5300012", "Serial Number: serial-1"),
      ("ID_SERIAL_SHORT=S3Z1NB0K", "ID_SERIAL_SHORT=serial-1"),
      (#""serial": "4C5300012","#, #""serial": "serial-1","#),
    ])
  func others(text: String, expected: String) {
    #expect(scrubbed(text) == expected)
  }

  @Test(
    "what every machine has, and what only looks like an address, stays",
    arguments: [
      "127.0.0.1 0.0.0.0 255.255.255.0 ::1 :: ff02::1 224.0.0.251", "nameserver 8.8.8.8 1.1.1.1",
      "10.0.0.0/8 192.168.0.0/16", "wildcard 0.0.0.255", "version 1.2.3.4", "version: \"10.2.0.4\"",
      "bios_version=1.2.3.4", "libfoo-1.2.3.4", "4.4.4.4-1+deb12u1", "1.3.6.1.4.1.8072", "v1.2.3.4",
      "Linux version 6.1.0-28-amd64 (gcc-12 (Debian 12.2.0-14) 12.2.0)", "0.9.8.1",
      "12:30:45 2026-11-26T01:02:03Z",
      "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:fb", "0000:00:1f.2 SATA",
      "std::string Face::Add a::b",
      "input3::capslock mmc0::", "getty@tty1.service user@1000.service",
      "memcpy@GLIBC_2.14 a@@GLIBC_2.2.5",
      "SHA256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99",
      "0000000000000000 ffffffff81000000", "gateway gateway4 investigate", "/usr/local/bin/x",
      "/etc/rc.local",
      "New USB device strings: Mfr=1, Product=2, SerialNumber=3", "serial: ttyS0",
      "serial8250: ttyS1",
      "for user root from cron", "root alicea malice", "localhost localhost.localdomain",
      "Debian GNU/Linux 12",
      "host 12345678 user-land", "550e8400-e29b-41d4-a716-446655440000", "1.2.3", "300.1.2.3",
      "1.2.3.4.5",
    ])
  func kept(text: String) {
    #expect(scrubbed(text) == text)
  }

  @Test("in a list of versions only the appliance's own addresses are addresses")
  func versions() {
    var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
    let text = scrubber.scrub("libfoo 10.2.0.4\nlibbar 203.0.113.9 192.0.2.7", isVersionList: true)
    #expect(text == "libfoo 10.2.0.4\nlibbar 203.0.113.9 ip-1")
  }

  @Test("one text has one name, in every text and in the next dump; another has another")
  func consistent() throws {
    var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
    #expect(scrubber.scrub("203.0.113.1 203.0.113.2 gate") == "ip-1 ip-2 host-1")
    #expect(scrubber.scrub("a@b.example 203.0.113.2") == "mail-1 ip-2")
    #expect(scrubber.counts == ["ip": 3, "host": 1, "mail": 1])
    let book = try #require(PseudonymBook(decoding: scrubber.book.encoded()))
    #expect(book == scrubber.book)
    var later = Scrubber(book: book, identities: Self.identities)
    #expect(later.scrub("203.0.113.3 203.0.113.2 GATE") == "ip-3 ip-2 host-1")
    #expect(later.book.text(of: "ip-3") == "203.0.113.3")
    #expect(later.book.text(of: "host-1") == "gate")
    #expect(later.book.text(of: "host-9") == nil)
  }

  @Test("a file's name holds nothing but a name")
  func fileNames() {
    var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
    #expect(scrubber.scrub(name: "gate.customer.example") == "host-1")
    #expect(scrubber.scrub(name: "../../etc/passwd") == "etc-passwd")
    #expect(scrubber.scrub(name: "...") == "unnamed")
    #expect(scrubber.scrub(name: "token=hunter2") == "token-removed-token")
    #expect(scrubber.scrub(name: "CASE 12/ä: 10.1.2.3\n") == "CASE-12-ip-1")
    #expect(
      scrubber.scrub(name: String(repeating: "x", count: 500)).utf8.count == Scrubber.nameBytesMax)
  }
}
