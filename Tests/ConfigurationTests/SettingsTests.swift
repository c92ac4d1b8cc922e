import Configuration
import Telemetry
import TestSupport
import Testing

@Suite("The administrator's settings")
struct SettingsTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func parse(_ text: String) throws -> Settings { try Settings(parsing: Array(text.utf8)) }

  /// The sentence with which settings are refused, nil when they are accepted.
  private func refusal(_ text: String) -> String? {
    do {
      _ = try parse(text)
      return nil
    } catch { return "\(error)" }
  }

  @Test("a missing file, an empty one and one of comments mean the defaults")
  func defaults() throws {
    let path = directory.path("accord.toml")
    #expect(try Settings.read(path) == Settings())
    for text in ["", "# nothing\n\n", "[sampling]\n[history]\n[spool]\n[upload]\n"] {
      try directory.write("accord.toml", text)
      #expect(try Settings.read(path) == Settings())
    }
    let settings = Settings()
    #expect(settings.tickMilliseconds == 10_000)
    #expect(settings.historyQuotaBytes == 67_108_864 && settings.spoolQuotaBytes == 67_108_864)
    #expect(settings.historyKeepMilliseconds == 2_592_000_000)
    #expect(settings.sealMilliseconds == 60_000)
    #expect(settings.keepSentMilliseconds == 604_800_000)
  }

  @Test("what is denied of devices is added to what is denied by default")
  func devices() throws {
    let settings = try parse("[disks]\nallow = [\"loop7\"]\ndeny = [\"vda\", \"ram*\"]\n")
    #expect(settings.devices.disks.allow == ["loop7"])
    #expect(settings.devices.disks.deny == DeviceRules().disks.deny + ["vda"])
    #expect(settings.devices.interfaces == DeviceRules().interfaces)
  }

  @Test(
    "a pattern that can match no device is refused",
    arguments: [
      ("disks", "/dev/vda", "a disk has no path: expected a name as in /proc/diskstats"),
      ("interfaces", "/eth0", "an interface has no path: expected a name as in /proc/net/dev"),
      (
        "filesystems", "mnt/x",
        "expected a type as \"nfs4\", or a mount point that begins with a slash"
      ),
      ("disks", "sd?", "expected a name in which only * is special, as in \"loop*\""),
      (
        "disks", "a b",
        "expected a name without blanks, with * for any characters, as in \"loop*\""
      ),
      ("disks", "", "expected a name without blanks, with * for any characters, as in \"loop*\""),
    ])
  func patterns(table: String, pattern: String, expected: String) {
    #expect(
      refusal("[\(table)]\nallow = [\"\(pattern)\"]\n")
        == "2:10: '\(pattern)' matches no device; \(expected)")
  }

  @Test("every key changes its own setting")
  func keys() throws {
    var expected = Settings()
    expected.tickMilliseconds = 1_000
    expected.historyQuotaBytes = 20 << 20
    expected.historyKeepMilliseconds = 86_400_000
    expected.sealMilliseconds = 5_000
    expected.spoolQuotaBytes = 512 << 10
    expected.keepSentMilliseconds = 7_200_000
    let text = """
      [sampling]
      interval = "1s"
      [history]
      quota = "20 MiB"
      keep = "1 day"
      [spool]
      seal = "5s"
      quota = "512 KiB"
      keep_sent = "2h"
      """
    #expect(try Settings.read(try directory.write("accord.toml", text)) == expected)
  }

  @Test(
    "both ends of a range are allowed and what lies beyond is refused with its place",
    arguments: [
      ("sampling", "interval", "100ms", "1h", "99ms", "3601s", "100ms to 1h"),
      ("history", "keep", "1h", "3650 days", "59min", "3651 days", "1h to 3650 days"),
      ("spool", "keep_sent", "1h", "3650 days", "59min", "3651 days", "1h to 3650 days"),
      ("spool", "seal", "1s", "1h", "999ms", "61min", "1s to 1h"),
      (
        "history", "quota", "256 KiB", "1024 GiB", "255 KiB", "1025 GiB",
        "\"256 KiB\" to \"1024 GiB\""
      ),
      ("spool", "quota", "256 KiB", "1024 GiB", "0 B", "1025 GiB", "\"256 KiB\" to \"1024 GiB\""),
    ])
  func ranges(
    table: String, key: String, least: String, most: String, under: String, over: String,
    expected: String
  ) {
    for value in [least, most] {
      #expect(refusal("[\(table)]\n\(key) = \"\(value)\"") == nil, "\(value)")
    }
    for value in [under, over] {
      #expect(
        refusal("[\(table)]\n\(key) = \"\(value)\"")
          == "2:\(key.count + 4): '\(key)' is out of range; expected \(expected)", "\(value)")
    }
  }

  @Test(
    "what is not known is refused with its place and the nearest spelling",
    arguments: [
      (
        "[sampling]\nintervall = \"1s\"",
        "2:1: unknown key 'intervall' in [sampling]; expected 'interval'; did you mean 'interval'?"
      ),
      (
        "[history]\nquota = \"1 MiB\"\n keeps = \"1 day\"",
        "3:2: unknown key 'keeps' in [history]; expected one of 'quota' or 'keep'; did you mean 'keep'?"
      ),
      (
        "[spol]\n",
        "1:2: unknown key 'spol'; expected one of 'sampling', 'disks', 'interfaces', 'filesystems', 'history', 'spool' or 'upload'; did you mean 'spool'?"
      ),
    ])
  func unknown(text: String, expected: String) {
    #expect(refusal(text) == expected)
  }

  @Test(
    "a value of another kind is refused with an example",
    arguments: [
      (
        "[sampling]\ninterval = 10",
        "2:12: 'interval' is an integer; expected a duration, for example interval = \"15min\""
      ),
      (
        "[spool]\nquota = \"64 MB\"",
        "2:9: \"64 MB\" is not a size; expected a whole number and B, KiB, MiB or GiB"
      ),
      (
        "sampling = \"1s\"",
        "1:12: 'sampling' is a string; expected a table, for example [sampling]"
      ),
    ])
  func kinds(text: String, expected: String) {
    #expect(refusal(text) == expected)
  }

  @Test("the file's name stands in front of every refusal")
  func fileName() throws {
    let path = try directory.write("accord.toml", "[sampling]\ninterval = 1")
    #expect { try Settings.read(path) } throws: { "\($0)".hasPrefix("\(path):2:12: 'interval' is") }
  }

  @Test("a file that cannot be read is not the same as a missing one")
  func unreadable() throws {
    try directory.write("accord.toml/other", "")
    let path = directory.path("accord.toml")
    #expect { try Settings.read(path) } throws: {
      "\($0)" == "\(path): it is a directory; expected a plain text file"
    }
    let long = try directory.write("long.toml", String(repeating: "# comment\n", count: 30_000))
    #expect { try Settings.read(long) } throws: {
      "\($0)" == "\(long): cannot read: File too large"
    }
  }
}

@Suite("Where the files are")
struct LocationsTests {
  @Test("the installed system has no prefix", arguments: ["/", ""])
  func system(prefix: String) {
    let locations = Locations(prefix: prefix)
    #expect(locations.isSystem)
    #expect(locations.settings == "/etc/accord/accord.toml")
    #expect(locations.offer == "/etc/accord/offer.toml")
    #expect(locations.consent == "/etc/accord/consent.toml")
    #expect(locations.state == "/var/lib/accord")
    #expect(locations.statusFile == "/run/accord/status.json")
  }

  @Test(
    "a prefix goes in front, with or without its last slash",
    arguments: ["/tmp/demo", "/tmp/demo/"])
  func prefix(prefix: String) {
    let locations = Locations(prefix: prefix)
    #expect(!locations.isSystem)
    #expect(locations.consent == "/tmp/demo/etc/accord/consent.toml")
    #expect(locations.state == "/tmp/demo/var/lib/accord")
  }
}
