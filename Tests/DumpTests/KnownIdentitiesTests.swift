import Configuration
import Handshake
import Scrubbing
import TestSupport
import Testing

@testable import Dump

@Suite("What identifies an appliance")
struct KnownIdentitiesTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func identities() -> KnownIdentities {
    KnownIdentities(
      Locations(prefix: directory.path), kernelRoot: directory.path, upload: UploadSettings(),
      agreement: Agreement(
        consent: nil, consentFile: "consent.toml", offer: nil, offerFile: "offer.toml", kept: nil,
        nowMilliseconds: 0))
  }

  private func scrubbed(_ text: String) -> String {
    var scrubber = Scrubber(book: PseudonymBook(), identities: identities().all)
    return scrubber.scrub(text)
  }

  @Test("people of a directory have accounts far above 65535; nobody has none")
  func people() throws {
    try directory.write(
      "etc/passwd",
      """
      root:x:0:0:root:/:/bin/sh
      daemonary:x:999:999::/:/bin/sh
      baumgartner:x:100001:100001:Ida Brunnhuber,,,:/:/bin/sh
      niemand:x:65534:65534::/:/bin/sh
      keinesfalls:x:65535:65535::/:/bin/sh
      ferdinand:x:65536:65536::/:/bin/sh
      highest:x:4294967294:65536::/:/bin/sh

      """)
    let names = Set(identities().all.filter { $0.kind == .userName }.map(\.text))
    #expect(names.isSuperset(of: ["baumgartner", "Ida Brunnhuber", "ferdinand", "highest"]))
    #expect(names.isDisjoint(with: ["root", "daemonary", "niemand", "keinesfalls"]))
  }

  @Test(
    "a disk's world-wide name is known behind whatever stands before its number",
    arguments: [
      ("naa.5000c500a1b2c3d4", "5000c500a1b2c3d4"), ("naa.5000123456789012", "5000123456789012"),
      ("eui.0025385b71b0a5c3", "0025385b71b0a5c3"), ("eui.0025385171001523", "0025385171001523"),
    ])
  func worldWideName(name: String, number: String) throws {
    try directory.write("sys/block/sda/device/wwid", name + "\n")
    for prefix in ["", "3", "2", "0x", "wwn-0x", "naa.", "eui.", "/dev/disk/by-id/wwn-0x"] {
      #expect(!scrubbed("at \(prefix)\(number) here").contains(number), "\(prefix)")
    }
    #expect(scrubbed("at /dev/mapper/3\(number)-part1").hasSuffix("-part1"))
  }

  @Test("a disk without a name of its own spoils no number")
  func noName() throws {
    try directory.write("sys/block/sda/device/wwid", "naa.0000000000000000\n")
    try directory.write("sys/block/sdb/device/wwid", "eui.0000000000000001\n")
    #expect(
      scrubbed("at 0x0000000000000000 0x0000000000000001")
        == "at 0x0000000000000000 0x0000000000000001")
  }

  @Test("a number behind its vendor's name is known without it")
  func vendorsName() throws {
    try directory.write("sys/block/sda/device/wwid", "t10.ATA_QEMU_HARDDISK_QM00001\n")
    #expect(!scrubbed("scsi-1ATA_QEMU_HARDDISK_QM00001").contains("QM00001"))
  }

  @Test("what the device mapper calls its devices by is known in every spelling")
  func deviceMapper() throws {
    let hyphened = "5f2c1a30-1111-4222-8333-abcdefabcdef"
    let digits = hyphened.filter { $0 != "-" }
    try directory.write("sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-\(digits)-luks-\(hyphened)\n")
    try directory.write("sys/block/dm-1/dm/uuid", "mpath-35000c500a1b2c3d4\n")
    try directory.write("sys/block/dm-2/dm/uuid", "CRYPT-PLAIN-scratch\n")
    let text = "/dev/mapper/luks-\(hyphened) \(digits) /dev/mapper/35000c500a1b2c3d4 scratch"
    #expect(scrubbed(text) == "/dev/mapper/luks-uuid-1 uuid-1 /dev/mapper/serial-1 scratch")
  }

  @Test("hosts that are blocked are nobody's, and keep no other from being known")
  func blockList() throws {
    let blocked = (0..<20_000).map { "0.0.0.0 track\($0).advert.example\n" }
    let looped = (0..<200).map { "127.0.0.1 pixel\($0).advert.example\n" }
    try directory.write(
      "etc/hosts",
      """
      127.0.0.1 localhost clinic-alias
      127.0.1.1 oldward.clinic.example oldward
      ::1 localhost ip6-localhost
      :: banner.advert.example
      192.0.2.7 pump.clinic.example # not this

      """ + (looped + blocked).joined() + "192.0.2.8 lastpump\n")
    let identities = identities()
    let names = Set(identities.all.map(\.text))
    #expect(
      names.isSuperset(of: [
        "clinic-alias", "oldward.clinic.example", "oldward", "pump.clinic.example", "lastpump",
      ]))
    #expect(!names.contains("banner.advert.example") && !names.contains("this"))
    #expect(names.filter { $0.contains("advert") }.count < 20)
    #expect(identities.omissions.isEmpty && IdentitySearch(identities.all).isComplete)
  }

  @Test("more hosts than can be searched for are known as far as they can, and counted")
  func manyHosts() throws {
    let hosts = (10_000..<30_000).map { "192.0.2.7 pump\($0).clinic.example\n" }
    try directory.write("etc/hosts", "192.0.2.6 first.clinic.example\n" + hosts.joined())
    try directory.write("proc/sys/kernel/hostname", "zz-gateway\n")
    let identities = identities()
    #expect(identities.omissions.count == 1)
    // 64 KiB of names with 24 bytes each, but for the first.
    #expect(
      identities.omissions.first
        == "17271 names of /etc/hosts are more than can be searched for")
    #expect(IdentitySearch(identities.all).isComplete)
    let names = Set(identities.all.map(\.text))
    #expect(names.isSuperset(of: ["zz-gateway", "first.clinic.example", "pump10000"]))
    #expect(!names.contains("pump29999.clinic.example"))
  }

  @Test("what a machine was called in earlier dumps identifies it after it was renamed")
  func former() throws {
    try directory.write("proc/sys/kernel/hostname", "Oldward-Gateway.clinic.example\n")
    var scrubber = Scrubber(book: PseudonymBook(), identities: identities().all)
    _ = scrubber.scrub("Oldward-Gateway.clinic.example: Invalid user video from 192.0.2.9")
    let book = scrubber.book.knowing(identities().all)
    #expect(book.text(of: "user-1") == "video")

    try directory.write("proc/sys/kernel/hostname", "newward\n")
    var renamed = identities()
    renamed.learn(formerly: book)
    var later = Scrubber(book: book, identities: renamed.all)
    #expect(later.scrub("oldward-gateway.clinic.example") == "host-1")
    #expect(!later.scrub("box of oldward-gateway").contains("oldward"))
    #expect(later.scrub("a video of newward") == "a video of host-3")
    var search = IdentitySearch(renamed.all)
    #expect(search.feed(Array("at oldward-gateway.".utf8)) != nil)
  }

  @Test("a book full of former names keeps no dump from being made")
  func manyFormer() throws {
    let long = String(repeating: "n", count: 200)
    let former = (0..<4_000).map { Identity(.hostName, "\($0)\(long)") }
    var book = PseudonymBook()
    for identity in former { _ = book.name(for: identity.text, .hostName) }
    var identities = identities()
    identities.learn(formerly: book.knowing(former))
    #expect(IdentitySearch(identities.all).isComplete)
    #expect(identities.all.contains(former[3_999]) && !identities.all.contains(former[0]))
    #expect(
      identities.omissions.first?.hasSuffix(
        "names of earlier dumps are more than can be searched for") == true)
  }
}
