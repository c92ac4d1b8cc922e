/// The tables of a document while it is read, and TOML's rules on what may be defined again.
///
/// A table comes into being in one of four ways, and that decides who may add to it later:
///
/// | origin  | how                             | a header may open it | a dotted key may pass it |
/// | ------- | ------------------------------- | -------------------- | ------------------------ |
/// | root    | the document, an inline table   | no                   | (it starts there)        |
/// | implied | `a` in `[a.b]`                  | once                 | no                       |
/// | header  | `b` in `[a.b]`                  | no                   | no                       |
/// | dotted  | `a` in `a.b = 1`                | no                   | yes                      |
///
/// A header may pass all of them on its way to a new table. A dotted key meets only dotted tables
/// of its own section: those of another section lie below a table that cannot be opened again.
///
/// Tables refer to each other by index, so that adding a key to a nested one copies nothing.
struct TableTree {
  private enum Origin { case root, implied, header, dotted }

  private enum Content {
    case value(TOMLValue)
    case table(Int)
  }

  private struct Node {
    var origin: Origin
    var place: Place
    var entries: [(key: Key, content: Content)] = []
    /// Where in `entries` a key is.
    var positions: [String: Int] = [:]
  }

  private var nodes: [Node]
  /// The table whose header was the last.
  private var current = 0

  /// A tree with an empty root that stands at this place.
  init(at place: Place) {
    nodes = [Node(origin: .root, place: place)]
  }

  /// Opens the table of a header, whose bracket stands at this place.
  mutating func open(_ path: [Key], at place: Place) throws(TOMLError) {
    var table = 0
    for key in path.dropLast() {
      table = try child(key, of: table, origin: .implied, passing: [.implied, .header, .dotted])
    }
    guard let key = path.last else { return }
    // A new table is implied for a moment and then opened like one that was implied before.
    table = try child(key, of: table, origin: .implied, passing: [.implied])
    nodes[table].origin = .header
    nodes[table].place = place
    current = table
  }

  /// Adds a value to the table that is open.
  mutating func assign(_ value: TOMLValue, to path: [Key]) throws(TOMLError) {
    var table = current
    for key in path.dropLast() {
      table = try child(key, of: table, origin: .dotted, passing: [.dotted])
    }
    guard let key = path.last else { return }
    if let position = nodes[table].positions[key.text] {
      throw conflict(key, with: nodes[table].entries[position])
    }
    add(key, .value(value), to: table)
  }

  /// The finished table.
  func table() -> TOMLTable { table(0) }

  private func table(_ index: Int) -> TOMLTable {
    let entries = nodes[index].entries.map { key, content in
      let value =
        switch content {
        case .value(let value): value
        case .table(let child):
          TOMLValue(kind: .table(table(child)), place: nodes[child].place)
        }
      return TOMLTable.Entry(key: key.text, keyPlace: key.place, value: value)
    }
    return TOMLTable(place: nodes[index].place, entries: entries)
  }

  /// The table behind a key, which is made if there is none, or must be of one of these origins.
  private mutating func child(
    _ key: Key, of table: Int, origin: Origin, passing origins: [Origin]
  ) throws(TOMLError) -> Int {
    guard let position = nodes[table].positions[key.text] else {
      let child = nodes.count
      nodes.append(Node(origin: origin, place: key.place))
      add(key, .table(child), to: table)
      return child
    }
    let entry = nodes[table].entries[position]
    // A key that only looks the same, and that `==` of Swift takes for the same, opens no table.
    guard case .table(let child) = entry.content, origins.contains(nodes[child].origin),
      entry.key.text.isIdentical(to: key.text)
    else {
      throw conflict(key, with: entry)
    }
    return child
  }

  private mutating func add(_ key: Key, _ content: Content, to table: Int) {
    nodes[table].positions[key.text] = nodes[table].entries.count
    nodes[table].entries.append((key, content))
  }

  /// The error that names both places.
  private func conflict(_ key: Key, with earlier: (key: Key, content: Content)) -> TOMLError {
    let found: String
    let place: Place
    let expected: String
    switch earlier.content {
    case .value(let value):
      (found, place) = (value.kind.noun, earlier.key.place)
      expected =
        if case .table = value.kind {
          "expected all its keys inside the braces there"
        } else {
          "expected each key once"
        }
    case .table(let child):
      (found, place) = ("a table", nodes[child].place)
      expected =
        switch nodes[child].origin {
        case .dotted: "expected its keys beside the dotted key there"
        default: "expected all its keys below one header"
        }
    }
    return TOMLError(
      at: key.place,
      "'\(TOMLError.shown(key.text))' is already \(found), at line \(place.line),"
        + " column \(place.column)",
      expected)
  }
}
