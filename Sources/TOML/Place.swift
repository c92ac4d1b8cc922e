/// A place in a document: what an editor shows as line and column.
package struct Place: Hashable, Sendable {
  /// The line, from 1.
  package let line: Int
  /// The column, from 1, counted in Unicode scalars: a tab and an accented letter are one each.
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A value and where it stands, so that a later check of the value can still say where it is wrong.
package struct Located<Value> {
  package let value: Value
  package let place: Place

  package init(_ value: Value, at place: Place) {
    self.value = value
    self.place = place
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
