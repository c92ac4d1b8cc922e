import Testing

@testable import Inventory

@Suite("What other programs say")
struct ProgramOutputTests {
  @Test(
    "systemctl show: units are separated by blank lines, and nothing is taken that was not asked for"
  )
  func properties() {
    let text = """
      Id=product.service
      Result=exit-code
      Environment=TOKEN=CANARY
      ExecMainStatus=3

      Id=other.service
      Result=
      """
    #expect(
      Systemd.parse(text, ["Id", "Result", "ExecMainStatus"])
        == [
          ["Id": "product.service", "Result": "exit-code", "ExecMainStatus": "3"],
          ["Id": "other.service", "Result": ""],
        ])
  }

  @Test(
    "how a service ended, by the kernel's code",
    arguments: [
      ("1", "3", "code 3"), ("2", "11", "signal 11"), ("3", "6", "signal 6"), ("0", "0", "-"),
      ("1", "x", "-"),
    ])
  func exits(code: String, status: String, meaning: String) {
    #expect(ServicesSection.exit(["ExecMainCode": code, "ExecMainStatus": status]) == meaning)
  }

  @Test("systemctl list-units: the units' names, and no description")
  func failed() {
    let text = """
      product.service   loaded failed failed The product CANARY
      var-lib-x.mount   loaded failed failed /var/lib/x

      """
    #expect(UnitsSection.names(text) == ["product.service", "var-lib-x.mount"])
  }

  @Test(
    "the name of a unit is shown as the paths and interfaces in it are",
    arguments: [
      ("product.service", "product.service"),
      ("srv-customer.mount", "(left out).mount"), ("data.mount", "data.mount"),
      ("srv-customer.automount", "(left out).automount"),
      ("dev-vault\\x2d1.swap", "hash.swap"), ("dev-sda3.swap", "dev-sda3.swap"),
      ("wg-quick@wg\\x2dclinic.service", "wg-quick@wg\\x2dclinic.service"),
      ("wg-quick@clinic.service", "wg-quick@(left out).service"),
      ("fsck@dev-vault\\x2d1.service", "fsck@hash.service"),
      ("growfs@srv-customer.service", "growfs@(left out).service"),
      ("getty@tty1.service", "getty@tty1.service"), ("odd@.service", "odd@.service"),
    ])
  func shownUnits(unit: String, shown: String) {
    var reader = TreeReader(
      InventoryContext(
        kernelRoot: "", productUnits: [], sinceMilliseconds: 0, permits: { _ in true },
        shown: { key, value in
          switch (key, value) {
          case ("system.filesystem.mountpoint", "/srv/customer"): nil
          case ("network.interface.name", "clinic"): nil
          case ("system.device", "/dev/vault-1"): "hash"
          default: value
          }
        }))
    #expect(reader.shownUnit(unit) == shown)
  }

  @Test(
    "names that a unit can have, and that a program might take for something else",
    arguments: [
      ("product.service", true), ("getty@tty1.service", true), ("dev-disk-by\\x2dlabel.swap", true),
      ("", false),
      ("--root=/", false), ("../etc", false), ("a b.service", false), ("a/b.service", false),
      (".hidden", false),
      (String(repeating: "a", count: 256), false),
    ])
  func unitNames(name: String, isOne: Bool) {
    #expect(Systemd.isName(name) == isOne)
  }

  @Test("dpkg-query: what is installed, and what is not as it should be")
  func packages() {
    let text =
      "ii \tlibc6\t2.36-9\tamd64\n\r\niF \tproduct\t4.2\tall\nbroken line\nrc \told\t1\tall\n"
    #expect(
      PackagesSection.packages(text)
        == [
          .init(state: "ii", name: "libc6", version: "2.36-9", architecture: "amd64"),
          .init(state: "iF", name: "product", version: "4.2", architecture: "all"),
          .init(state: "rc", name: "old", version: "1", architecture: "all"),
        ])
  }

  @Test("journalctl: entries that came newest first are put in order with their further lines")
  func journal() {
    let text = """
      2026-11-26T01:00:02+0000 product[7]: third
      2026-11-26T01:00:01+0000 product[7]: second
                                           goes on
      -- Boot 0123456789abcdef0123456789abcdef --
      2026-11-26T00:00:00+0000 product[7]: first
      """
    #expect(
      JournalText.inOrder(text).split(separator: "\n").map { $0.split(separator: " ").last! }
        == ["first", "--", "second", "on", "third"])
    #expect(!JournalText.inOrder(text).contains("0123456789abcdef"))
  }

  @Test("a line of a journal is cut, with how much is left out")
  func longLine() {
    let line = JournalText.shortened(String(repeating: "x", count: 5_000))
    #expect(line.hasSuffix("x … and 4000 more") && line.count < 1_100)
  }

  @Test("a record of the kernel's ring: level, time and message, without what names the device")
  func kernelRecords() {
    let record = KernelRecord(Array("4,812,5678901,-;disk slow\n SUBSYSTEM=CANARY\n".utf8))
    #expect(record?.priority == 4 && record?.sinceStartMilliseconds == 5_678)
    let line = record?.line(startMilliseconds: 1_764_115_200_000)
    #expect(line == "2025-11-26T00:00:05Z kernel: disk slow")
    #expect(KernelRecord(Array("30,812,5678901,-;a program's".utf8)) == nil)
    #expect(KernelRecord(Array("nonsense".utf8)) == nil)
  }

  @Test("sums of a control group over all disks")
  func disks() {
    let sums = ServicesSection.io(["8:0 rbytes=1024 wbytes=0", "8:16 rbytes=1024 wbytes=4096"])
    #expect(sums.read == "2.0 KiB" && sums.written == "4.0 KiB")
    #expect(ServicesSection.io([]) == ("-", "-"))
  }

  @Test(
    "figures for people",
    arguments: [
      (Amount.bytes(1023), "1023 B"), (Amount.bytes(1024), "1.0 KiB"),
      (Amount.bytes(1536), "1.5 KiB"),
      (Amount.bytes(1 << 30), "1.0 GiB"), (Amount.bytes(.max), "7.9 EiB"),
      (Amount.bytes(-2048), "-2.0 KiB"),
      (Amount.decimal(48250, places: 3), "48.25"), (Amount.decimal(-5, places: 3), "-0.005"),
      (Amount.decimal(7, places: 0), "7"),
      (Amount.decimal(.min, places: 3), "-9223372036854775.808"),
      (Amount.duration(seconds: 0), "0 s"), (Amount.duration(seconds: 3_599), "59 min 59 s"),
      (Amount.duration(seconds: 90_061), "1 d 1 h 1 min"), (Amount.share(1, of: 3) ?? "", "33.3 %"),
      (Amount.share(.max, of: .max) ?? "", "100.0 %"),
    ])
  func figures(text: String, expected: String) {
    #expect(text == expected)
  }

  @Test("a command line's words: quotes hold them together, and what nobody knows is not shown")
  func commandLines() {
    let line = KernelCommandLine(
      "quiet x=\"a b\" secret root=/dev/sda2 root=nfs:server:/x console=bad\u{1B}\n")
    #expect(line.shown.map(\.key) == ["quiet", "root", "root"])
    #expect(line.shown.map(\.value) == ["", "/dev/sda2", "left out"])
    #expect(line.namedOnly == ["x", "console"] && line.leftOut == 1)
  }
}
