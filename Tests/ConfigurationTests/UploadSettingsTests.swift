import Configuration
import Foundation
import TestSupport
import Testing

@Suite("How the receiver is reached from this site")
struct UploadSettingsTests {
  private func parse(_ lines: String) throws -> UploadSettings {
    try Settings(parsing: Array("[upload]\n\(lines)".utf8)).upload
  }

  /// The sentence with which settings are refused, nil when they are accepted.
  private func refusal(_ lines: String) -> String? {
    do {
      _ = try parse(lines)
      return nil
    } catch { return "\(error)" }
  }

  @Test("nothing is set by default, and every key changes its own setting")
  func keys() throws {
    #expect(try parse("") == UploadSettings())
    let settings = try parse(
      """
      client_cert = "a.pem"
      client_key = "/b.key"
      headers_file = "c"
      extra_ca = "d.pem"
      proxy = "https://user:p%40ss@[::1]:3128"
      rate = "64 KiB/s"
      daily_quota = "20 MiB"
      window = "23:30-05:00"
      """)
    #expect(settings.clientCertificateFile == "a.pem" && settings.clientKeyFile == "/b.key")
    #expect(settings.headersFile == "c" && settings.extraCAFile == "d.pem")
    #expect(settings.proxy?.url == "https://user:p%40ss@[::1]:3128")
    #expect(settings.proxy?.description == "[::1]:3128" && settings.proxy?.hasPassword == true)
    #expect(settings.bytesPerSecondMax == 65_536 && settings.dailyQuotaBytes == 20 << 20)
    #expect(settings.window?.description == "23:30-05:00")
    #expect(settings.identifiers == ["client certificate", "headers of headers_file"])
  }

  @Test(
    "of a file that is refused it is guessed where secrets are, whatever stands around the keys")
  func guessed() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      "accord.toml",
      """
      [upload
      client_key = 'k.pem' # ours
        headers_file="/etc/accord/headers
      proxy = user:ge#h@eim@proxy:3128 # not in quotes
      """)
    let guessed = UploadSettings(guessedFrom: path)
    #expect(guessed.clientKeyFile == "k.pem" && guessed.headersFile == "/etc/accord/headers")
    #expect(guessed.proxy?.url == "http://user:ge#h@eim@proxy:3128")
    #expect(guessed.proxy?.description == "proxy:3128" && guessed.proxy?.hasPassword == true)
    let dotted = try folder.write(
      "dotted.toml",
      """
      upload.client_key = "k=1.pem"
      upload = { "headers_file" = 'h', proxy = "http://a:b@c:1" }
      """)
    let other = UploadSettings(guessedFrom: dotted)
    #expect(other.clientKeyFile == "k=1.pem" && other.headersFile == "h")
    #expect(other.proxy?.url == "http://a:b@c:1")
    #expect(UploadSettings(guessedFrom: folder.path("none")) == UploadSettings())
  }

  @Test("the file that is installed shows every key, and is right when each line is taken in")
  func installedFile() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let text = try String(contentsOf: root.appending(path: "etc/accord.toml"), encoding: .utf8)
    let taken = text.replacing(/(?m)^# (\w+ *= | +")/) { $0.1 }
    var settings = try Settings(parsing: Array(taken.utf8))
    let unset = Mirror(reflecting: settings.upload).children.filter { "\($0.value)" == "nil" }
    #expect(unset.map(\.label) == [])
    #expect(try Settings(parsing: Array(text.utf8)) == Settings())
    // What it shows of everything else is the default, the lists of devices included.
    settings.upload = Settings().upload
    #expect(settings == Settings())
  }

  @Test("a certificate and its key stand together")
  func pair() {
    #expect(
      refusal("client_cert = \"a\"")
        == "2:15: 'client_cert' stands without 'client_key'; expected both or none")
    #expect(
      refusal("client_key = \"a\"")
        == "2:14: 'client_key' stands without 'client_cert'; expected both or none")
    #expect(refusal("extra_ca = \"\"")?.hasPrefix("2:12: 'extra_ca' is no file name") == true)
  }

  @Test(
    "a proxy is a scheme, a host and a port, perhaps with user and password",
    arguments: [
      ("http://proxy.example:3128", "proxy.example:3128", false),
      ("https://proxy.example:443", "proxy.example:443", false),
      ("http://u:p@10.0.0.1:8080", "10.0.0.1:8080", true), ("http://u@h:1", "h:1", true),
    ])
  func proxy(url: String, address: String, hasPassword: Bool) throws {
    let proxy = try #require(try parse("proxy = \"\(url)\"").proxy)
    #expect(proxy.url == url && "\(proxy)" == address && proxy.hasPassword == hasPassword)
  }

  @Test(
    "everything else is no proxy, and what stands there is never shown",
    arguments: [
      "", "proxy.example:3128", "socks5://u:secret@h:1", "http://u:secret@h", "http://u:secret@h:0",
      "http://u:secret@h:65536", "http://u:secret@:1", "http://u:secret@h:1/",
      "http://u:se/cret@h:1",
      "http://u:secret@@h:1", "http://@h:1", "http://u:secret@h:1?a", "http://u:sec ret@h:1",
      "http://u:secrét@h:1", "http://h:1:1", "http://[]:1", "http://[::1:1", "HTTP://h:1",
      "http://h:+1",
    ])
  func noProxy(url: String) {
    let refusal = refusal("proxy = \"\(url)\"")
    #expect(
      refusal?.hasPrefix("2:9: 'proxy' is no address of a proxy; expected for example") == true)
    #expect(refusal?.contains("sec") == false)
  }

  @Test(
    "a password that is not in quotes is not shown either",
    arguments: ["http://u:secret@h:1", "http://u:sec#ret@h:1", "http://u:sec ret@h:1"])
  func unquoted(url: String) {
    #expect(refusal("proxy = \(url)")?.hasPrefix("2:9: ") == true)
    #expect(refusal("proxy = \(url)")?.contains("sec") == false)
  }

  @Test(
    "numbers have bounds, and both ends are allowed",
    arguments: [
      ("rate", "1 KiB/s", "1 GiB/s", "1023 B/s", "2 GiB/s", "\"1 KiB/s\" to \"1 GiB/s\""),
      ("daily_quota", "64 KiB", "1024 GiB", "63 KiB", "1025 GiB", "\"64 KiB\" to \"1024 GiB\""),
    ])
  func ranges(
    key: String, least: String, most: String, under: String, over: String, expected: String
  ) {
    for value in [least, most] { #expect(refusal("\(key) = \"\(value)\"") == nil, "\(value)") }
    for value in [under, over] {
      #expect(
        refusal("\(key) = \"\(value)\"")
          == "2:\(key.count + 4): '\(key)' is out of range; expected \(expected)", "\(value)")
    }
  }

  @Test("a rate is a size in a second")
  func rate() {
    #expect(
      refusal("rate = \"64 KiB\"")
        == "2:8: 'rate' is no size in a second; expected \"1 KiB/s\" to \"1 GiB/s\"")
    #expect(refusal("rate = \"64 KB/s\"")?.contains("\"64 KB\" is not a size") == true)
  }

  @Test(
    "a window is two different times of a day",
    arguments: [
      "", "01:00", "1:00-05:00", "01:00-05:00-06:00", "01:00-24:00", "01:60-05:00", "01:00-01:00",
      "+1:00-05:00", "01:00 - 05:00", "٠١:00-05:00", "01:00:00-05:00:00",
    ])
  func noWindow(text: String) {
    #expect(
      refusal("window = \"\(text)\"")
        == "2:10: 'window' is no part of a day; expected two different times such as \"01:00-05:00\""
    )
  }
}

@Suite("The window of the timer's runs")
struct UploadWindowTests {
  @Test(
    "it opens at its first minute, and its last is the one before the end",
    arguments: [
      // 01:00-05:00
      (60, 300, 0, 60), (60, 300, 59, 1), (60, 300, 60, 0), (60, 300, 299, 0),
      (60, 300, 300, 1_200),
      (60, 300, 1_439, 61),
      // 22:00-02:00, over midnight
      (1_320, 120, 1_319, 1), (1_320, 120, 1_320, 0), (1_320, 120, 1_439, 0), (1_320, 120, 0, 0),
      (1_320, 120, 119, 0), (1_320, 120, 120, 1_200),
      // 12:00-00:00
      (720, 0, 719, 1), (720, 0, 1_439, 0), (720, 0, 0, 720),
      // 00:00-00:01
      (0, 1, 0, 0), (0, 1, 1, 1_439),
    ])
  func table(start: Int, end: Int, minute: Int, expected: Int) throws {
    let window = try #require(UploadWindow(start: start, end: end))
    #expect(window.minutesUntilOpen(at: minute) == expected)
  }

  @Test(
    "whatever the window, it is open as long as it says, and waiting that long ends in its first minute",
    arguments: seeds)
  func property(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<10 {
      let (start, end) = (
        Int.random(in: 0..<1_440, using: &numbers), Int.random(in: 0..<1_440, using: &numbers)
      )
      guard let window = UploadWindow(start: start, end: end) else {
        #expect(start == end)
        continue
      }
      let open = Set((0..<1_440).filter { window.minutesUntilOpen(at: $0) == 0 })
      #expect(open.count == (end - start + 1_440) % 1_440)
      for minute in 0..<1_440 where !open.contains(minute) {
        #expect((minute + window.minutesUntilOpen(at: minute)) % 1_440 == start)
      }
    }
  }
}
