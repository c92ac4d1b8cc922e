/// How the kernel writes white space and backslashes in a name: "\040" (seq_escape, fs/seq_file.c).
package enum OctalEscapes {
  package static func decoded(_ name: some StringProtocol) -> String {
    var rest = Array(name.utf8)[...]
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
