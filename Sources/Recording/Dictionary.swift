// The dictionaries of a database: what is written once and referred to by number. They are small (hundreds
// of rows).

internal import Handshake
internal import Linux
internal import SQLite
internal import Telemetry

struct SeriesDictionary {
  /// Of the series that were sealed since the start, under the very strings and attributes that the gate keeps.
  private var numbers: [SeriesKey: Int64] = [:]
  /// Of all series in the database: read when one is met for the first time, and forgotten after the seal. Its
  /// strings are copies, and would be a tenth of the daemon's own memory.
  private var stored: [SeriesKey: Int64]?

  private static func read(
    _ database: borrowing Database
  ) throws(SQLiteError) -> [SeriesKey: Int64] {
    var numbers: [SeriesKey: Int64] = [:]
    var rows = try database.prepare("SELECT number, signal, attributes FROM series")
    while try rows.step() {
      guard let attributes = AttributeText.decode(rows.text(2)) else { continue }
      numbers[SeriesKey(rows.text(1), attributes)] = rows.integer(0)
    }
    return numbers
  }

  /// Everything that the dictionary says, by number.
  static func all(_ database: borrowing Database) throws(SQLiteError) -> [Int64: RecordedSeries] {
    var rows = try database.prepare(
      "SELECT number, source, signal, instrument, unit, decimals, attributes FROM series")
    var series: [Int64: RecordedSeries] = [:]
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(1))),
        let instrument = Instrument(rawValue: UInt8(clamping: rows.integer(3))),
        let attributes = AttributeText.decode(rows.text(6))
      else { continue }
      series[rows.integer(0)] = RecordedSeries(
        signal: rows.text(2), source: source, instrument: instrument, unit: rows.text(4),
        decimals: Int(rows.integer(5)), attributes: attributes)
    }
    return series
  }

  mutating func releaseUnusedMemory() { stored = nil }

  /// The number of a series, which is written down when it is new. `suffix` makes another signal of it
  /// (".min").
  mutating func number(
    of series: PermittedSeries, suffix: String, under fingerprint: [UInt8],
    in database: borrowing Database
  ) throws(SQLiteError) -> Int64 {
    let name = series.signal.name
    let key = SeriesKey(suffix.isEmpty ? name : name + suffix, series.attributes)
    if let number = numbers[key] { return number }
    if stored == nil { stored = try Self.read(database) }
    if let number = stored?[key] {
      numbers[key] = number
      return number
    }
    var insertion = try database.prepare(
      """
      INSERT INTO series (agreement, source, signal, instrument, unit, decimals, attributes)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    insertion.bind(try Reference.agreement(fingerprint, in: database))
    insertion.bind(Int64(series.signal.source.rawValue))
    insertion.bind(key.signal)
    insertion.bind(Int64(series.signal.instrument.rawValue))
    insertion.bind(series.signal.unit)
    insertion.bind(Int64(series.signal.decimals))
    insertion.bind(AttributeText.encode(series.attributes))
    try insertion.run()
    numbers[key] = database.lastInsertedRow
    return database.lastInsertedRow
  }
}

/// The circumstances of a batch.
package struct BatchContext: Equatable, Sendable {
  /// The kernel's name of this boot.
  package var boot: String
  /// Wall clock minus boot clock.
  package var offsetMilliseconds: Int64
  package var isSynchronised: Bool
  /// The fingerprint of the agreement under which the readings were taken.
  package var fingerprint: [UInt8]

  package init(
    boot: String, offsetMilliseconds: Int64, isSynchronised: Bool, fingerprint: [UInt8]
  ) {
    self.boot = boot
    self.offsetMilliseconds = offsetMilliseconds
    self.isSynchronised = isSynchronised
    self.fingerprint = fingerprint
  }
}

enum Reference {
  /// Corrects the one number by which the batches of a boot are stamped, unless it has been used already.
  static func trust(
    _ boot: String, offsetMilliseconds: Int64, in database: borrowing Database
  ) throws(SQLiteError) {
    var update = try database.prepare(
      "UPDATE boots SET trusted_offset_ms = ? WHERE id = ? AND trusted_offset_ms IS NULL")
    update.bind(offsetMilliseconds)
    update.bind(boot)
    try update.run()
  }

  /// The number of a boot, which is written down when it is new.
  static func boot(_ id: String, in database: borrowing Database) throws(SQLiteError) -> Int64 {
    var query = try database.prepare("SELECT number FROM boots WHERE id = ?")
    query.bind(id)
    if try query.step() { return query.integer(0) }
    var insertion = try database.prepare("INSERT INTO boots (id) VALUES (?)")
    insertion.bind(id)
    try insertion.run()
    return database.lastInsertedRow
  }

  static func agreement(
    _ fingerprint: [UInt8], in database: borrowing Database
  ) throws(SQLiteError) -> Int64 {
    var query = try database.prepare("SELECT number FROM agreements WHERE fingerprint = ?")
    query.bind(fingerprint)
    if try query.step() { return query.integer(0) }
    var insertion = try database.prepare("INSERT INTO agreements (fingerprint) VALUES (?)")
    insertion.bind(fingerprint)
    try insertion.run()
    return database.lastInsertedRow
  }

  /// The number of a set of facts, or nil when it is empty.
  static func facts(
    _ facts: [Fact], of source: DataSource, in database: borrowing Database
  ) throws(SQLiteError) -> Int64? {
    guard !facts.isEmpty else { return nil }
    let content = AttributeText.encode(facts)
    var query = try database.prepare("SELECT number FROM facts WHERE source = ? AND content = ?")
    query.bind(Int64(source.rawValue))
    query.bind(content)
    if try query.step() { return query.integer(0) }
    var insertion = try database.prepare("INSERT INTO facts (source, content) VALUES (?, ?)")
    insertion.bind(Int64(source.rawValue))
    insertion.bind(content)
    try insertion.run()
    return database.lastInsertedRow
  }
}
