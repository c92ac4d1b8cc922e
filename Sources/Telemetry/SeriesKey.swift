/// What tells one series from another: the signal's name and the attributes, sorted by key.
package struct SeriesKey: Hashable, Sendable {
  package let signal: String
  package let attributes: [Attribute]

  package init(_ signal: String, _ attributes: [Attribute]) {
    self.signal = signal
    self.attributes = attributes
  }
}
