// What can identify a site or a person. No pattern ever matches it, neither of the offer nor of `[redact]`: it is
// dropped unless the customer names it.

/// What happens to an attribute or a fact before anything is written.
package enum RedactionMode: String, CaseIterable, Sendable {
  case keep
  /// Replaced by its HMAC-SHA-256 under the appliance's own key.
  case hash
  case drop
}

extension Catalog {
  /// Attributes and facts that can identify a site or a person, whether or not a probe produces them.
  package static let identifyingKeys: Set<String> = [
    "host.name", "host.id", "host.ip", "host.mac", "device.id", "hw.serial_number",
    "hw.network.physical_address", "user.name", "process.owner",
  ]

  /// The names of network interfaces stand under two keys: the conventions say `system.device` in the one signal
  /// `system.network.packet.count`.
  package static let interfaceNameKeys = ["network.interface.name", "system.device"]

  /// Every key that `[redact]` may name.
  package static let attributeKeys: Set<String> = identifyingKeys.union(
    signals.flatMap { $0.instrument == .fact ? [$0.name] : $0.attributeKeys })

  /// Every name that `[withhold]` may match.
  package static let knownNames: [String] = Set(signals.map(\.name)).union(identifyingKeys).sorted()

  /// Whether an attribute can identify a site: by its key, or because its value holds a hardware address, as in
  /// the name that udev makes for a network interface (`enx` and twelve hexadecimal digits) or that the kernel
  /// makes for a Bluetooth battery (six pairs with colons).
  package static func isIdentifying(_ attribute: Attribute) -> Bool {
    if identifyingKeys.contains(attribute.key) { return true }
    // Nearly every value is shorter than such a name.
    guard case .string(let value) = attribute.value, value.utf8.count >= 15 else { return false }
    let bytes = Array(value.utf8)
    let isInterface = interfaceNameKeys.contains(attribute.key)
    return (isInterface && bytes.count == 15 && bytes.suffix(12).allSatisfy(isHexadecimalDigit))
      || bytes.indices.dropLast(16).contains { holdsHardwareAddress(bytes[$0...]) }
  }

  /// What happens to an attribute of which the customer says nothing.
  package static func defaultRedaction(of attribute: Attribute) -> RedactionMode {
    isIdentifying(attribute) ? .drop : .keep
  }

  /// Whether the text begins with six pairs of hexadecimal digits between equal colons or hyphens.
  private static func holdsHardwareAddress(_ text: ArraySlice<UInt8>) -> Bool {
    let address = Array(text.prefix(17))
    guard address.count == 17, [UInt8(ascii: ":"), UInt8(ascii: "-")].contains(address[2]) else {
      return false
    }
    return address.indices.allSatisfy { position in
      position % 3 == 2 ? address[position] == address[2] : isHexadecimalDigit(address[position])
    }
  }

  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
