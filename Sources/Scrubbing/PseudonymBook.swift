// Who is who: the names that stand in dumps instead of the appliance's own. The same text has the same name in every
// dump, so that support can follow "host-2" from one to the next; the book itself stays on the appliance, where the
// administrator can look a name up.
//
// Kept as text, one line a name, written and read strictly:
//
//   accord pseudonyms 1
//   host 1* gate.example.com
//   ip 1 192.0.2.7
//
// The star says that the text was known to be this appliance's, not only recognised by its form: after a machine was
// renamed, its former name identifies it still.

package struct PseudonymBook: Sendable, Equatable {
  /// Names of one kind. A dump of a busy log has some hundreds of addresses; beyond this a text is removed without a
  /// name, so that a flood of invented names cannot fill the disk (some 1 MB at most).
  static let namesMax = 4096
  /// RFC 5321 allows a mail address 254 bytes; what is longer is removed without a name.
  static let textBytesMax = 256

  private struct Key: Hashable {
    let kind: Identity.Kind
    let text: String
  }

  private var numbers: [Key: Int] = [:]
  private var texts: [String: String] = [:]
  /// The last number given to each kind.
  private var last: [Identity.Kind: Int] = [:]
  /// Those with a star.
  private var known: Set<Key> = []
  /// Names that are not given: an appliance is called so.
  private var avoided: Set<String> = []

  package init() {}

  /// What is avoided is the appliance's, not the book's.
  package static func == (left: PseudonymBook, right: PseudonymBook) -> Bool {
    left.numbers == right.numbers && left.known == right.known
  }

  /// The name of a text, a new one if it has none; nil when the kind has no names, or no more of them.
  package mutating func name(for text: String, _ kind: Identity.Kind) -> String? {
    let key = Key(kind: kind, text: Self.normalised(text, kind))
    if let number = numbers[key] { return Self.name(kind, number) }
    guard kind != .secret, Self.isNameable(key.text) else { return nil }
    var number = (last[kind] ?? 0) + 1
    while avoided.contains(Self.name(kind, number)) { number += 1 }
    guard number <= Self.namesMax else { return nil }
    record(key, number)
    return Self.name(kind, number)
  }

  /// What a name stands for, as it was seen but for the case; nil when no dump used it.
  package func text(of name: String) -> String? { texts[name.lowercased()] }

  /// What was known to identify when it got its name, the latest first. Not what was recognised by its form: strangers
  /// who try to log in choose names such as "video", and a dump needs its words.
  package var knownIdentities: [Identity] {
    known.sorted { (numbers[$0] ?? 0, $0.text) > (numbers[$1] ?? 0, $1.text) }
      .map { Identity($0.kind, $0.text) }
  }

  /// The book that remembers which of its texts identify: these, and hosts below a domain that is one of them.
  package func knowing(_ identities: [Identity]) -> PseudonymBook {
    var book = self
    let keys = identities.map { Key(kind: $0.kind, text: Self.normalised($0.text, $0.kind)) }
    book.known.formUnion(keys.filter { numbers[$0] != nil })
    let domains = keys.filter { $0.kind == .domainName }.map { "." + $0.text }
    book.known.formUnion(
      numbers.keys.filter { key in
        key.kind == .hostName && domains.contains { key.text.hasSuffix($0) }
      })
    return book
  }

  /// How many names there are.
  package var count: Int { texts.count }

  /// No text is called so any more: an identity of the appliance is spelled like one of the book's names.
  mutating func avoid(_ names: [String]) {
    for name in names.map({ $0.lowercased() }) where Self.isName(Array(name.utf8)) {
      avoided.insert(name)
      guard texts.removeValue(forKey: name) != nil else { continue }
      numbers = numbers.filter { Self.name($0.key.kind, $0.value) != name }
      known = known.filter { numbers[$0] != nil }
    }
  }

  private static func isNameable(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= textBytesMax
      && !text.utf8.contains { $0 < 0x20 || $0 == 0x7f }
  }

  private mutating func record(_ key: Key, _ number: Int) {
    numbers[key] = number
    texts[Self.name(key.kind, number)] = key.text
    last[key.kind] = max(last[key.kind] ?? 0, number)
  }

  private static func name(_ kind: Identity.Kind, _ number: Int) -> String {
    "\(kind.rawValue)-\(number)"
  }

  /// Whether this is spelled like a name: "host-1".
  static func isName(_ bytes: [UInt8]) -> Bool {
    guard let hyphen = bytes.lastIndex(of: UInt8(ascii: "-")) else { return false }
    let digits = bytes[(hyphen + 1)...]
    return (1...6).contains(digits.count) && digits.allSatisfy(ASCII.isDigit)
      && Identity.Kind(rawValue: String(decoding: bytes[..<hyphen], as: UTF8.self)) != nil
  }

  /// One spelling for what is the same.
  private static func normalised(_ text: String, _ kind: Identity.Kind) -> String {
    switch kind {
    case .address: InternetAddress(text)?.description ?? text.lowercased()
    case .macAddress: HardwareAddress(text)?.description ?? text.lowercased()
    default: String(decoding: text.utf8.map(ASCII.lowercased), as: UTF8.self)
    }
  }
}

// MARK: on the disk

extension PseudonymBook {
  private static let head = "accord pseudonyms 1"
  private static let star = UInt8(ascii: "*")

  package func encoded() -> [UInt8] {
    let order = Dictionary(
      uniqueKeysWithValues: Identity.Kind.allCases.enumerated().map { ($1, $0) })
    let lines = numbers.sorted {
      (order[$0.key.kind] ?? 0, $0.value) < (order[$1.key.kind] ?? 0, $1.value)
    }.map { key, number in
      "\(key.kind.rawValue) \(number)\(known.contains(key) ? "*" : "") \(key.text)\n"
    }
    return Array((Self.head + "\n" + lines.joined()).utf8)
  }

  /// Nil unless it is exactly what `encoded` writes.
  package init?(decoding bytes: [UInt8]) {
    guard bytes.count <= 16 << 20 else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    // Compared as bytes: text that was not UTF-8 is another one.
    guard text.utf8.count == bytes.count, text.hasSuffix("\n") else { return nil }
    let lines = text.utf8.dropLast().split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines[0].elementsEqual(Self.head.utf8) else { return nil }
    for line in lines.dropFirst() {
      let words = line.split(
        separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, let kind = Identity.Kind(rawValue: String(Substring(words[0]))),
        kind != .secret,
        let number = Int(String(decoding: words[1].prefix { $0 != Self.star }, as: UTF8.self)),
        (1...Self.namesMax).contains(number)
      else { return nil }
      let key = Key(kind: kind, text: String(Substring(words[2])))
      guard Self.isNameable(key.text), Self.normalised(key.text, kind) == key.text,
        numbers[key] == nil,
        texts[Self.name(kind, number)] == nil
      else { return nil }
      record(key, number)
      if words[1].last == Self.star { known.insert(key) }
    }
    guard encoded() == bytes else { return nil }
  }
}
