// The file of headers that 'headers_file' of accord.toml names: bearer and basic credentials, a vendor's own keys. One
// `Name: value` a line; blank lines and lines that begin with `#` are comments. Its values are secrets: no message ever
// quotes one.

internal import HTTPS
internal import Handshake

enum HeadersFile {
  /// - Parameter path: for messages.
  static func parse(
    _ bytes: [UInt8], path: String
  ) throws(FileProblem) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      func problem(_ text: String) -> FileProblem {
        FileProblem(
          FilePlace(file: path, line: index + 1), text,
          expected: "expected 'Name: value', a comment or a blank line")
      }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw problem("it is no UTF-8")
      }
      let content = text.trimmed
      if content.isEmpty || content.first == "#" { continue }
      guard let colon = content.firstIndex(of: ":") else { throw problem("there is no colon") }
      let name = String(content[..<colon])
      let value = String(content[content.index(after: colon)...].trimmed)
      if let reason = HeaderField.problem(name: name, value: value) { throw problem(reason) }
      if value.isEmpty { throw problem("the header \(name) has no value") }
      if headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
        throw problem("the header \(name) stands twice")
      }
      headers.append((name, value))
    }
    return headers
  }
}

extension StringProtocol {
  /// Without blanks and tabs at both ends. Other control characters stay, to be refused.
  fileprivate var trimmed: Substring {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return "" }
    return Substring(self[first...last])
  }
}
