// What people and programs may look at without asking: the status file and the chain of the ledger. Neither holds a
// reading, the name of a device or of the system.

import Configuration
import Linux
import Recording
import SQLite
import Telemetry

extension Records {
  static let canaries = Machine.interfaces.dropFirst() + [Machine.systemName, Machine.hostName]

  func lookAtPlainFiles(_ appliance: SimulatedAppliance) throws {
    try Self.check(Self.bytes(appliance.locations.statusFile), "the status file")
    guard try FileState.of(appliance.state.ledger) != nil else { return }
    let database = try Database(appliance.state.ledger, .readOnly, busyTimeoutMilliseconds: 1_000)
    guard try database.integer("PRAGMA user_version") > 0 else { return }
    let newest = try database.integer("SELECT coalesce(max(number), 0) FROM ledger")
    // Another ledger stands there.
    if newest < newestLedgerRow { newestLedgerRow = 0 }
    var rows = try database.prepare("SELECT detail FROM ledger WHERE number > ?")
    rows.bind(newestLedgerRow)
    while try rows.step() { try Self.check(Array(rows.text(0).utf8), "the ledger") }
    newestLedgerRow = newest
  }

  private static func check(_ bytes: [UInt8], _ file: String) throws {
    for canary in canaries where Wire.holds(bytes, canary) {
      throw Leak("\(canary) stands in \(file)")
    }
    // A run of digits between letters is part of a digest.
    var (number, isNumber): (Int64, Bool) = (0, true)
    for byte in bytes + [0] {
      switch byte {
      case 0x30...0x39: number = number < .max / 20 ? 10 * number + Int64(byte - 0x30) : 0
      case 0x41...0x5A, 0x61...0x7A: isNumber = false
      default:
        if isNumber, Machine.isTag(number) {
          throw Leak("the reading \(number) stands in \(file)")
        }
        (number, isNumber) = (0, true)
      }
    }
  }

  /// Whether a text stands anywhere in a file.
  static func holds(_ path: String, _ text: String) -> Bool { Wire.holds(bytes(path), text) }

  private static func bytes(_ path: String) -> [UInt8] {
    guard let file = try? FileDescriptor.open(path, .readOnly) else { return [] }
    return (try? file.readAll(limitBytes: 1 << 26)) ?? []
  }

  /// The key of an attribute that stands there in clear though it is redacted.
  static func clear(_ attributes: [Attribute], _ judgement: Judgement) -> String? {
    attributes.first { attribute in
      guard judgement.redacted.contains(attribute.key), case .string(let text) = attribute.value
      else { return false }
      return Machine.clearTexts.contains(text)
    }?.key
  }
}
