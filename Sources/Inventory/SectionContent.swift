/// What a section of a dump found, in typed fields: no collector hands on a whole file or folder.
package struct SectionContent: Equatable, Sendable {
  package enum Block: Equatable, Sendable {
    /// Names and values, one a line.
    case fields(title: String, [Field])
    /// Columns with a head.
    case table(title: String, columns: [String], rows: [[String]])
    /// Free text: only sections that hold journals have it.
    case text(title: String, String)
  }

  package struct Field: Equatable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var blocks: [Block] = []
  /// What could not be read, a sentence each.
  package var problems: [String] = []

  package init() {}
}
