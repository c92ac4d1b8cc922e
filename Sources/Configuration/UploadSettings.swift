// The table [upload] of accord.toml: how the receiver that the agreement names is reached from this site. It says
// nothing about who that is or what it gets.

internal import Linux
internal import TOML
internal import Telemetry

package struct UploadSettings: Equatable, Sendable {
  /// The client certificate and its key, PEM: beside accord.toml, or absolute paths. Both or none.
  package var clientCertificateFile: String?
  package var clientKeyFile: String?
  /// Headers for every request, a line each.
  package var headersFile: String?
  /// Authorities to trust beside those of the offer or the system, PEM.
  package var extraCAFile: String?
  package var proxy: Proxy?
  /// Nil: as fast as the network takes it.
  package var bytesPerSecondMax: Int64?
  /// What may be sent in a day. Nil: no bound.
  package var dailyQuotaBytes: Int64?
  /// When the timer's runs may send. Nil: at any time.
  package var window: UploadWindow?

  package init() {}

  /// What a file that is refused seems to say of where secrets are, for who must not show them: by the words before the
  /// equals signs, whatever else stands in the line.
  ///
  /// - Parameter path: of accord.toml. Of one that cannot be read nothing is known, and nothing of it is shown.
  package init(guessedFrom path: String) {
    guard let file = try? FileDescriptor.open(path, .readOnlyAtOnce),
      let content = try? file.readStart(limitBytes: Limits.configurationFileBytesMax)
    else { return }
    for line in String(decoding: content.bytes, as: UTF8.self).split(separator: "\n") {
      for equals in line.indices where line[equals] == "=" {
        let value = Self.unquoted(line[equals...].dropFirst())
        // The last part of a dotted or quoted key, also in an inline table.
        let words = line[..<equals].split { !($0.isLetter || $0 == "_") }
        switch words.last {
        case "client_key": clientKeyFile = value
        case "headers_file": headersFile = value
        case "proxy": proxy = Proxy(guessedFrom: value)
        default: break
        }
      }
    }
  }

  private static func unquoted(_ text: Substring) -> String {
    let value = text.drop(while: \.isWhitespace)
    guard let quote = value.first, "\"'".contains(quote) else {
      return String(value.prefix { !$0.isWhitespace })
    }
    return String(value.dropFirst().prefix { $0 != quote })
  }

  /// By what the receiver can tell this appliance from others, beside its pseudonym.
  package var identifiers: [String] {
    (clientCertificateFile == nil ? [] : ["client certificate"])
      + (headersFile == nil ? [] : ["headers of headers_file"])
  }

  /// The address of a proxy. It may hold a password, so it is not printed by accident.
  package struct Proxy: Equatable, Sendable, CustomStringConvertible {
    /// The whole URL, with what is secret in it.
    package let url: String
    /// `host:port`
    package let description: String
    package let hasPassword: Bool
  }
}

extension UploadSettings {
  init(_ table: inout TableReader) throws(TOMLError) {
    let certificate = try table.file("client_cert")
    let key = try table.file("client_key")
    guard (certificate == nil) == (key == nil) else {
      let (given, missing) =
        certificate == nil ? ("client_key", "client_cert") : ("client_cert", "client_key")
      throw TOMLError(
        at: (certificate ?? key)?.place ?? table.table.place,
        "'\(given)' stands without '\(missing)'", "expected both or none")
    }
    clientCertificateFile = certificate?.value
    clientKeyFile = key?.value
    headersFile = try table.file("headers_file")?.value
    extraCAFile = try table.file("extra_ca")?.value
    proxy = try table.optionalString("proxy").map(Proxy.init)
    bytesPerSecondMax = try table.optionalString("rate").map(Self.rate)
    if let quota = try table.optionalSizeBytes("daily_quota") {
      // Less than one small request would never let anything leave.
      guard (64 << 10...1 << 40).contains(quota.value) else {
        throw TOMLError(
          at: quota.place, "'daily_quota' is out of range", "expected \"64 KiB\" to \"1024 GiB\"")
      }
      dailyQuotaBytes = quota.value
    }
    window = try table.optionalString("window").map(UploadWindow.init)
  }

  private static func rate(_ text: Located<String>) throws(TOMLError) -> Int64 {
    let expected = "expected \"1 KiB/s\" to \"1 GiB/s\""
    guard text.value.hasSuffix("/s") else {
      throw TOMLError(at: text.place, "'rate' is no size in a second", expected)
    }
    let rate = try Located(String(text.value.dropLast(2)), at: text.place).sizeBytes().value
    guard (1 << 10...1 << 30).contains(rate) else {
      throw TOMLError(at: text.place, "'rate' is out of range", expected)
    }
    return rate
  }
}

extension UploadSettings.Proxy {
  /// Of a text that may be no address.
  fileprivate init(guessedFrom text: String) {
    let rest = text[(text.end(ofScheme: ["http://", "https://"]) ?? text.startIndex)...]
    let at = rest.lastIndex(of: "@")
    url = "http://" + rest
    description = String(at.map { rest[$0...].dropFirst() } ?? rest)
    hasPassword = at != nil
  }

  /// `http` or `https`, perhaps user and password, a host and a port, and nothing else.
  fileprivate init(_ text: Located<String>) throws(TOMLError) {
    guard let end = text.value.end(ofScheme: ["http://", "https://"]) else {
      throw Self.refusal(text)
    }
    let rest = text.value[end...]
    let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
    let address = parts[parts.count - 1]
    let isPrintable = rest.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard let colon = address.lastIndex(of: ":"), parts.count <= 2, isPrintable,
      !rest.contains(where: { "/?#\\".contains($0) }), Self.isHost(address[..<colon]),
      Self.isPort(address[address.index(after: colon)...]), parts.count == 1 || !parts[0].isEmpty
    else { throw Self.refusal(text) }
    url = text.value
    description = String(address)
    hasPassword = parts.count == 2
  }

  private static func isHost(_ text: Substring) -> Bool {
    if text.first == "[" { return text.last == "]" && text.count > 2 }
    return !text.isEmpty && !text.contains(":")
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(text) ?? 0 != 0
  }

  /// Never with the value: it may hold a password.
  private static func refusal(_ text: Located<String>) -> TOMLError {
    TOMLError(
      at: text.place, "'proxy' is no address of a proxy",
      "expected for example \"http://proxy.example:3128\", with special characters of a password as %XX"
    )
  }
}

extension String {
  /// Where the text goes on behind one of these beginnings.
  fileprivate func end(ofScheme schemes: [String]) -> Index? {
    schemes.first(where: hasPrefix).map { index(startIndex, offsetBy: $0.count) }
  }
}

extension TableReader {
  /// The name of a file.
  fileprivate mutating func file(_ key: String) throws(TOMLError) -> Located<String>? {
    guard let name = try optionalString(key) else { return nil }
    guard !name.value.isEmpty, !name.value.utf8.contains(0) else {
      throw TOMLError(at: name.place, "'\(key)' is no file name", "expected the path of a file")
    }
    return name
  }
}
