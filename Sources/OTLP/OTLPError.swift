/// Why an answer could not be read. Offsets count bytes from the start of the answer.
package enum OTLPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A field says that it is longer than what is left.
  case endsEarly(offset: Int)
  /// A varint has more than 64 bits.
  case integerTooLong(offset: Int)
  /// A field number or wire type that Protocol Buffers, version 3, do not have.
  case notAField(offset: Int)

  package var description: String {
    switch self {
    case .endsEarly(let offset):
      "The answer is not a whole OTLP message: the field at byte \(offset) is cut off."
    case .integerTooLong(let offset):
      "The answer is not an OTLP message: the integer at byte \(offset) has more than 64 bits."
    case .notAField(let offset):
      "The answer is not an OTLP message: there is no field at byte \(offset)."
    }
  }
}
