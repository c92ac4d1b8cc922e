internal import Linux
internal import Telemetry

/// The devices that a kernel table lists, one a line, found again by their names without allocating.
struct DeviceTable<Places> {
  private struct Device {
    let name: [UInt8]
    /// False for a line that is no device of its own: a partition.
    let isDevice: Bool
    /// Nil until it is sampled for the first time.
    var places: Places?
  }

  private let filter: DeviceFilter
  private let isDevice: (String) -> Bool
  private var devices: [Device] = []
  private var expected = 0
  private var sampled = 0
  /// Devices beyond the limits in the last tick.
  private(set) var leftOut = 0

  /// - Parameter isDevice: whether a name stands for a device of its own. Asked once for each name.
  init(_ patterns: DevicePatterns, isDevice: @escaping (String) -> Bool = { _ in true }) {
    filter = DeviceFilter(patterns)
    self.isDevice = isDevice
  }

  /// Starts a new tick.
  mutating func begin() { (expected, sampled, leftOut) = (0, 0, 0) }

  /// Asks again about the names that were no devices: a table may list a disk before its folder is there.
  mutating func lookAgain() { devices.removeAll { !$0.isDevice } }

  /// The places of the device that a line names, or nil when it is not sampled.
  ///
  /// - Parameter make: called when the device is sampled for the first time.
  mutating func places(
    of name: Range<Int>, in text: RawSpan, _ make: (String) -> Places
  ) -> Places? {
    guard filter.permits(name, in: text) else { return nil }
    guard let position = known(name, in: text) ?? add(name, in: text) else {
      leftOut += 1
      return nil
    }
    expected = position + 1
    guard devices[position].isDevice else { return nil }
    guard sampled < Limits.devicesPerProbeMax else {
      leftOut += 1
      return nil
    }
    sampled += 1
    if let places = devices[position].places { return places }
    let places = make(String(decoding: devices[position].name, as: UTF8.self))
    devices[position].places = places
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

  private mutating func add(_ name: Range<Int>, in text: RawSpan) -> Int? {
    guard devices.count < Limits.deviceNamesMax else { return nil }
    let bytes = text.copy(name)
    devices.append(Device(name: bytes, isDevice: isDevice(String(decoding: bytes, as: UTF8.self))))
    return devices.count - 1
  }
}
