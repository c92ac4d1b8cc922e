/// Hands out a table's values by key, remembers what was asked for, and refuses the rest.
///
/// A schema asks for every key that it knows, whether the file has it or not, and then calls
/// `finish()`. So a misspelt key is never silently the same as an absent one, and the list of keys
/// that could have been meant is never written down a second time.
///
/// Every method with a key throws when the value has another type than the method's name says. The
/// methods without `optional` throw, at the table's place, when the key is missing.
package struct TableReader {
  package let table: TOMLTable
  /// The table's name for messages: "" for the document, `sources` for `[sources]`.
  package let name: String
  /// The keys that the schema knows, in the order in which it asked.
  private var asked: [String] = []
  private var isRestRead = false

  package init(_ table: TOMLTable, name: String) {
    self.table = table
    self.name = name
  }

  package mutating func optionalString(_ key: String) throws(TOMLError) -> Located<String>? {
    try take(key)?.string()
  }

  package mutating func string(_ key: String) throws(TOMLError) -> Located<String> {
    try take(key, .string).string()
  }

  package mutating func optionalInteger(_ key: String) throws(TOMLError) -> Located<Int64>? {
    try take(key)?.integer()
  }

  package mutating func integer(_ key: String) throws(TOMLError) -> Located<Int64> {
    try take(key, .integer).integer()
  }

  package mutating func optionalBoolean(_ key: String) throws(TOMLError) -> Located<Bool>? {
    try take(key)?.boolean()
  }

  package mutating func boolean(_ key: String) throws(TOMLError) -> Located<Bool> {
    try take(key, .boolean).boolean()
  }

  package mutating func optionalDate(_ key: String) throws(TOMLError) -> Located<LocalDate>? {
    try take(key)?.date()
  }

  package mutating func date(_ key: String) throws(TOMLError) -> Located<LocalDate> {
    try take(key, .date).date()
  }

  package mutating func optionalStrings(
    _ key: String
  ) throws(TOMLError) -> Located<[Located<String>]>? {
    try take(key)?.strings()
  }

  package mutating func strings(_ key: String) throws(TOMLError) -> Located<[Located<String>]> {
    try take(key, .strings).strings()
  }

  /// A string that is one of the cases of `C`.
  package mutating func optionalChoice<C: RawRepresentable & CaseIterable>(
    _ key: String, of type: C.Type = C.self
  ) throws(TOMLError) -> Located<C>? where C.RawValue == String {
    try take(key)?.choice(of: type)
  }

  /// A string that is one of the cases of `C`.
  package mutating func choice<C: RawRepresentable & CaseIterable>(
    _ key: String, of type: C.Type = C.self
  ) throws(TOMLError) -> Located<C> where C.RawValue == String {
    try take(key, .choice(type)).choice(of: type)
  }

  /// A string such as `15min`, in milliseconds.
  package mutating func optionalDurationMilliseconds(
    _ key: String
  ) throws(TOMLError) -> Located<Int64>? {
    try take(key)?.durationMilliseconds()
  }

  /// A string such as `15min`, in milliseconds.
  package mutating func durationMilliseconds(_ key: String) throws(TOMLError) -> Located<Int64> {
    try take(key, .duration).durationMilliseconds()
  }

  /// A string such as `64 MiB`, in bytes.
  package mutating func optionalSizeBytes(_ key: String) throws(TOMLError) -> Located<Int64>? {
    try take(key)?.sizeBytes()
  }

  /// A string such as `64 MiB`, in bytes.
  package mutating func sizeBytes(_ key: String) throws(TOMLError) -> Located<Int64> {
    try take(key, .size).sizeBytes()
  }

  /// A reader of a nested table. It is finished on its own.
  package mutating func optionalTable(_ key: String) throws(TOMLError) -> TableReader? {
    guard let table = try take(key)?.table() else { return nil }
    return reader(of: table, key)
  }

  /// A reader of a nested table. It is finished on its own.
  package mutating func table(_ key: String) throws(TOMLError) -> TableReader {
    reader(of: try take(key, .table).table(), key)
  }

  /// The entries that were not asked for, for tables whose keys are free. From here on no key of
  /// this table is unknown.
  package mutating func rest() -> [TOMLTable.Entry] {
    isRestRead = true
    return strangers
  }

  /// Refuses the first entry, in the order of the document, that the schema did not ask for.
  package func finish() throws(TOMLError) {
    guard !isRestRead, let stranger = strangers.first else { return }
    let keys = asked.map { "'\($0)'" }
    let known =
      switch keys.count {
      case 0: "expected no key"
      case 1: "expected \(keys[0])"
      default: "expected one of \(alternatives(keys))"
      }
    let hint = nearest(to: stranger.key, among: asked).map { "; did you mean '\($0)'?" } ?? ""
    throw TOMLError(
      at: stranger.keyPlace, "unknown key '\(TOMLError.shown(stranger.key))'\(location)",
      known + hint)
  }

  /// The entries that were not asked for.
  private var strangers: [TOMLTable.Entry] {
    table.entries.filter { entry in !asked.contains { $0.isIdentical(to: entry.key) } }
  }

  /// Where a key of this table stands, for messages.
  private var location: String { name.isEmpty ? "" : " in [\(name)]" }

  private func reader(of table: TOMLTable, _ key: String) -> TableReader {
    TableReader(table, name: name.isEmpty ? typed(key) : "\(name).\(typed(key))")
  }

  private mutating func take(_ key: String) -> TOMLTable.Entry? {
    if !asked.contains(key) { asked.append(key) }
    return table[key]
  }

  private mutating func take(
    _ key: String, _ form: ValueForm
  ) throws(TOMLError) -> TOMLTable.Entry {
    if let entry = take(key) { return entry }
    // A misspelt key is missing before `finish()` can find it unknown.
    let similar = nearest(to: key, among: strangers.map(\.key)).flatMap { table[$0] }
    let hint = similar.map {
      " (there is '\(TOMLError.shown($0.key))' at line \($0.keyPlace.line))"
    }
    throw TOMLError(
      at: table.place, "'\(key)' is missing\(location)",
      "expected \(form.example(for: key))\(hint ?? "")")
  }
}
