// Values whose key says that they are secrets. A key is a run of letters, digits, "_", "-" and "."; SecretKeys knows
// which ones count. Where its value lies depends on how people and programs write it down:
//
//   password=hunter2            a word, as a shell would read it; in a list up to the next "," before another key
//   password: correct horse     at the head of a line, as in a file: the rest of the line
//   "password": "hunter2"       what the quotes hold, also in JSON inside of JSON: \"password\": \"hunter2\"
//   --password hunter2          the next word; also between quotes and commas, as a list of arguments is printed
//   ?token=hunter2&x=1          up to the next "&"
//   Authorization: Bearer …     all of it, up to the quote that stands before the key, or the line's end
//   password: |                 the lines below that are further in
//   login me password hunter2   netrc, sshpass -p, curl -u me:hunter2, IDENTIFIED BY 'hunter2': see SecretWords
//
// The key stays, and so does a value that only says whether there is a secret: `password: ******`, `token = null`.

enum Secrets {
  static func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      guard isKeyByte(text.bytes[index]) else {
        index += 1
        continue
      }
      let end = text.end(of: isKeyByte, from: index)
      let key = index..<end
      index = end
      guard let mark = mark(in: text, key) ?? SecretWords.mark(in: text, key) else { continue }
      marks.append(mark)
      // What was taken for a short value may be a key itself: `PASSWORD=\` before a line with another. A long value is
      // passed over, so that no byte is looked at for each of many keys.
      if mark.range.count > 64 { index = max(end, mark.range.upperBound) }
    }
    return marks
  }

  static func isKeyByte(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte == 0x5f || byte == 0x2d || byte == 0x2e
  }

  private static func mark(in text: Text, _ key: Range<Int>) -> Mark? {
    guard let place = SecretPlace(text, key), let label = place.label else { return nil }
    guard let value = place.value(label) else { return nil }
    guard Label.length(in: text, at: value.lowerBound) == nil else { return nil }
    guard !SecretKeys.isHarmless(text.bytes[value], label, key: place.words) else { return nil }
    return Mark(value, .label(label))
  }
}
