// The history in a dump: one file of comma-separated values for each signal (RFC 4180), a line a tick and a column a
// series, for any spreadsheet.
//
// A batch holds all series of a minute, a file one signal of a day. To decode every batch once, readings are laid out in
// memory for `DumpLimits.historyTicksMax` ticks at a time, eight bytes each: 10 MB for 150 series.

internal import JSON
internal import Linux
package import Recording
package import Telemetry

package struct HistoryExport: ~Copyable {
  private let reader: HistoryReader
  private let source: DataSource
  private let columns: [Int64: Column]
  /// Milliseconds of Unix time.
  private var ticks: [Int64] = []
  private var values: [Int64: [Int64]] = [:]
  private var part = 1
  /// Batches that could not be read.
  package private(set) var damagedBatches = 0

  private struct Column {
    let series: RecordedSeries
    /// As the head of the column says it.
    let label: String
  }

  /// Stands for a reading that is missing. No kernel value is so low.
  private static let missing = Int64.min

  /// - Parameter shown: the attributes of a series as they may be shown, or nil when the series may not.
  package init(
    _ reader: consuming HistoryReader, of source: DataSource,
    shown: (RecordedSeries) -> [Attribute]?
  ) {
    self.source = source
    var columns: [Int64: Column] = [:]
    for (number, series) in reader.series where series.source == source {
      guard let attributes = shown(series) else { continue }
      let values = attributes.map(\.value.text).joined(separator: " ")
      columns[number] = Column(
        series: series, label: values.isEmpty ? Self.unit(series) : values)
    }
    self.columns = columns
    self.reader = reader
  }

  private static func unit(_ series: RecordedSeries) -> String {
    series.unit.isEmpty || series.unit == "1" ? "value" : series.unit
  }

  package var isEmpty: Bool { columns.isEmpty }

  /// Gives the files one after the other.
  ///
  /// - Returns: how many readings they hold.
  package mutating func write(
    sinceMilliseconds: Int64, _ file: (_ name: String, _ content: [UInt8]) -> Void
  ) throws(RecordingError) -> Int64 {
    var readings: Int64 = 0
    for batch in try reader.batches(of: [source], sinceMilliseconds: sinceMilliseconds) {
      guard let content = try reader.content(of: batch) else {
        damagedBatches += 1
        continue
      }
      readings += add(content, batch, since: sinceMilliseconds)
      if ticks.count >= DumpLimits.historyTicksMax { flush(file) }
    }
    flush(file)
    return readings
  }

  private mutating func add(
    _ content: BatchContent, _ batch: HistoryBatch, since: Int64
  ) -> Int64 {
    let times = content.ticks.map { $0 &+ batch.offsetMilliseconds }
    guard let from = times.firstIndex(where: { $0 >= since }) else { return 0 }
    let before = ticks.count
    ticks += times[from...]
    var readings: Int64 = 0
    for column in content.columns where columns[column.series] != nil {
      // A series that was not there before is filled up in front.
      var list = values.removeValue(forKey: column.series) ?? []
      list += repeatElement(Self.missing, count: before - list.count)
      for value in column.values[from...] {
        list.append(value ?? Self.missing)
        if value != nil { readings += 1 }
      }
      values[column.series] = list
    }
    return readings
  }

  private mutating func flush(_ file: (_ name: String, _ content: [UInt8]) -> Void) {
    defer {
      ticks = []
      values = [:]
      part += 1
    }
    guard !ticks.isEmpty else { return }
    let times = ticks.map { Array(CalendarTime.rfc3339WithFraction(milliseconds: $0).utf8) }
    let signals = Dictionary(grouping: values.keys) { columns[$0]!.series.signal }
    for (signal, numbers) in signals.sorted(by: { $0.key < $1.key }) {
      let ordered = numbers.sorted { columns[$0]!.label < columns[$1]!.label }
      file(
        "history/\(signal)\(part == 1 ? "" : "-\(part)").csv", content(ordered, times))
    }
  }

  private func content(_ numbers: [Int64], _ times: [[UInt8]]) -> [UInt8] {
    let unit = Self.unit(columns[numbers[0]]!.series)
    var bytes = Array("time".utf8)
    for number in numbers { bytes += Self.field(",", columns[number]!.label) }
    if unit != columns[numbers[0]]!.label { bytes += Self.field(",unit ", unit) }
    bytes.append(UInt8(ascii: "\n"))
    let lists = numbers.map { (values[$0] ?? [], columns[$0]!.series.decimals) }
    for (row, time) in times.enumerated() {
      bytes += time
      for (list, decimals) in lists {
        bytes.append(UInt8(ascii: ","))
        guard row < list.count, list[row] != Self.missing else { continue }
        bytes += DecimalText.text(list[row], decimals: decimals).utf8
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// A field of the head. In quotation marks where it needs them, without what would be a formula to a spreadsheet.
  private static func field(_ before: String, _ text: String) -> [UInt8] {
    let clean = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    let plain = "=+-@".contains(clean.first ?? " ") ? "'" + clean : clean
    guard plain.contains(where: { ",\"".contains($0) }) else { return Array((before + plain).utf8) }
    return Array(
      (before + "\""
        + plain.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\"").utf8)
  }
}
