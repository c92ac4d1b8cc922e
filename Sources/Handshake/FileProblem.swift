package import TOML

/// Where in which file something stands, or that a whole file is meant.
package struct FilePlace: Hashable, Sendable, CustomStringConvertible {
  package let file: String
  package let place: Place?

  package init(file: String, place: Place? = nil) {
    self.file = file
    self.place = place
  }

  /// The beginning of a line.
  package init(file: String, line: Int) {
    self.init(file: file, place: Place(line: line, column: 1))
  }

  /// "FILE:LINE", or "FILE".
  package var description: String { place.map { "\(file):\($0.line)" } ?? file }
}

/// What is wrong with one of the files that people write, in a form that says where and what to do.
package struct FileProblem: Error, Equatable, Sendable, CustomStringConvertible {
  package let at: FilePlace
  package let problem: String
  /// What was expected, or what to do about it.
  package let expected: String

  package init(_ at: FilePlace, _ problem: String, expected: String) {
    self.at = at
    self.problem = problem
    self.expected = expected
  }

  init(file: String, _ error: TOMLError) {
    self.init(
      FilePlace(file: file, place: error.place), error.problem, expected: error.expected)
  }

  /// "FILE:LINE:COLUMN: what is wrong; what was expected".
  package var description: String {
    let column = at.place.map { ":\($0.column)" } ?? ""
    return "\(at)\(column): \(problem); \(expected)"
  }
}
