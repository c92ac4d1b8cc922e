internal import Linux
internal import Telemetry

/// The devices that a kernel table lists, one a line, found again by their names without allocating.
struct DeviceTable<Places> {
  private struct Device {
    let name: [UInt8]
    /// Nil for a line that is no device of its own: a partition.
    let places: Places?
  }

  private let filter: DeviceFilter
  private var devices: [Device] = []
  private var expected = 0
  private var sampled = 0
  /// Devices beyond the limits in the last tick.
  private(set) var leftOut = 0

  init(_ patterns: DevicePatterns) { filter = DeviceFilter(patterns) }

  /// Starts a new tick.
  mutating func begin() { (expected, sampled, leftOut) = (0, 0, 0) }

  /// The places of the device that a line names, or nil when it is not sampled.
  ///
  /// - Parameter make: called when the name is met for the first time; returns nil when it is no device.
  mutating func places(
    of name: Range<Int>, in text: RawSpan, _ make: (String) -> Places?
  ) -> Places? {
    guard filter.permits(name, in: text) else { return nil }
    guard let position = known(name, in: text) ?? add(name, in: text, make) else {
      leftOut += 1
      return nil
    }
    expected = position + 1
    guard let places = devices[position].places else { return nil }
    guard sampled < Limits.devicesPerProbeMax else {
      leftOut += 1
      return nil
    }
    sampled += 1
    return places
  }

  private func known(_ name: Range<Int>, in text: RawSpan) -> Int? {
    // Lines keep their order from tick to tick, so the next device is nearly always the next line.
    if expected < devices.count, text.holds(devices[expected].name, at: name) { return expected }
    for position in devices.indices where text.holds(devices[position].name, at: name) {
      return position
    }
    return nil
  }

  private mutating func add(
    _ name: Range<Int>, in text: RawSpan, _ make: (String) -> Places?
  ) -> Int? {
    guard sampled < Limits.devicesPerProbeMax, devices.count < Limits.deviceNamesMax else {
      return nil
    }
    let bytes = text.copy(name)
    devices.append(
      Device(name: bytes, places: make(String(decoding: bytes, as: UTF8.self))))
    return devices.count - 1
  }
}
