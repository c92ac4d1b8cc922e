/// An entry's value as the type that a schema expects. The error says what the value is instead.
extension TOMLTable.Entry {
  package func string() throws(TOMLError) -> Located<String> {
    try string(as: .string)
  }

  /// A string such as `15min`, in milliseconds.
  package func durationMilliseconds() throws(TOMLError) -> Located<Int64> {
    try string(as: .duration).durationMilliseconds()
  }

  /// A string such as `64 MiB`, in bytes.
  package func sizeBytes() throws(TOMLError) -> Located<Int64> {
    try string(as: .size).sizeBytes()
  }

  package func integer() throws(TOMLError) -> Located<Int64> {
    guard case .integer(let integer) = value.kind else { throw mismatch(.integer) }
    return Located(integer, at: value.place)
  }

  package func boolean() throws(TOMLError) -> Located<Bool> {
    guard case .boolean(let boolean) = value.kind else { throw mismatch(.boolean) }
    return Located(boolean, at: value.place)
  }

  package func date() throws(TOMLError) -> Located<LocalDate> {
    guard case .date(let date) = value.kind else { throw mismatch(.date) }
    return Located(date, at: value.place)
  }

  /// An array in which every element is a string, each with its own place.
  package func strings() throws(TOMLError) -> Located<[Located<String>]> {
    guard case .array(let elements) = value.kind else { throw mismatch(.strings) }
    var strings: [Located<String>] = []
    for element in elements {
      guard case .string(let string) = element.kind else {
        throw TOMLError(
          at: element.place, "'\(TOMLError.shown(key))' holds \(element.kind.noun)",
          "expected only strings, for example \(ValueForm.strings.example(for: key))")
      }
      strings.append(Located(string, at: element.place))
    }
    return Located(strings, at: value.place)
  }

  package func table() throws(TOMLError) -> TOMLTable {
    guard case .table(let table) = value.kind else { throw mismatch(.table) }
    return table
  }

  /// A string that is one of the cases, with the nearest of them when it is none.
  package func choice<C: RawRepresentable & CaseIterable>(
    of type: C.Type = C.self
  ) throws(TOMLError) -> Located<C> where C.RawValue == String {
    let string = try string(as: .choice(type)).value
    guard let choice = C.allCases.first(where: { $0.rawValue.isIdentical(to: string) }) else {
      let names = C.allCases.map(\.rawValue)
      let hint = nearest(to: string, among: names).map { " (did you mean \"\($0)\"?)" } ?? ""
      throw TOMLError(
        at: value.place, "unknown value \"\(TOMLError.shown(string))\"",
        "expected \(alternatives(names.map { "\"\($0)\"" }))\(hint)")
    }
    return Located(choice, at: value.place)
  }

  private func string(as form: ValueForm) throws(TOMLError) -> Located<String> {
    guard case .string(let string) = value.kind else { throw mismatch(form) }
    return Located(string, at: value.place)
  }

  private func mismatch(_ form: ValueForm) -> TOMLError {
    TOMLError(
      at: value.place, "'\(TOMLError.shown(key))' is \(value.kind.noun)",
      "expected \(form.noun), for example \(form.example(for: key))")
  }
}

/// How messages describe a type that was expected.
struct ValueForm {
  let noun: String
  private let sample: String

  static let string = ValueForm(noun: "a string", sample: "\"…\"")
  static let integer = ValueForm(noun: "an integer", sample: "2")
  static let boolean = ValueForm(noun: "a boolean", sample: "true")
  static let date = ValueForm(noun: "a date", sample: "2026-11-21")
  static let strings = ValueForm(noun: "an array of strings", sample: "[\"…\"]")
  static let duration = ValueForm(noun: "a duration", sample: "\"15min\"")
  static let size = ValueForm(noun: "a size", sample: "\"64 MiB\"")
  static let table = ValueForm(noun: "a table", sample: "")

  static func choice<C: RawRepresentable & CaseIterable>(
    _: C.Type
  ) -> ValueForm where C.RawValue == String {
    let words = C.allCases.map { "\"\($0.rawValue)\"" }
    return ValueForm(noun: alternatives(words), sample: words.first ?? "\"…\"")
  }

  /// A line as it could stand in the file.
  func example(for key: String) -> String {
    sample.isEmpty ? "[\(typed(key))]" : "\(typed(key)) = \(sample)"
  }
}
