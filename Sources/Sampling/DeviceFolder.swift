// A class of devices in sysfs: a folder with a folder for each device, each value a file of its own
// (https://docs.kernel.org/admin-guide/sysfs-rules.html).
//
// What there is to read is looked up seldom and kept open; a tick reads values only. A device that is unplugged
// reads as absent at once, because its files answer ENODEV, and is closed at the next look. When it comes back,
// under whatever number, it gets its old series, because a series is known by what it says, not by the folder.

internal import Linux
internal import Telemetry

/// The folder of one device, as it is looked at when the device is met.
struct DeviceEntry {
  /// "hwmon3"
  let name: String
  let path: String
  let files: [String]

  func has(_ file: String) -> Bool { files.contains(file) }

  func text(_ file: String) -> String? { KernelAttribute.text(path + "/" + file) }

  /// The last part of what a symbolic link in the folder points to.
  func link(_ file: String) -> String? {
    Directory.destination(ofLink: path + "/" + file)?.split(separator: "/").last.map(String.init)
  }
}

/// A value that a device offers, and the series it feeds.
struct Sensor {
  enum Value {
    /// A number in one file, as `number * times / dividedBy`.
    case number(file: String, times: Int64 = 1, dividedBy: Int64 = 1)
    /// A number that does not change while the device is there: read when it is met. One out of the range is a
    /// driver's way to say that there is none.
    case constant(file: String, within: ClosedRange<Int64>)
    /// One series for each state, 1 for the present one and 0 for the others. The worst of the files decides; the
    /// function gives the state that a file's text means, or nil when that says nothing.
    case condition(files: [String], states: [String], (RawSpan, Int) -> Int?)
  }

  let signal: Signal
  let attributes: [Attribute]
  let value: Value
}

final class DeviceFolder {
  private let path: String
  private let sensors: (DeviceEntry) -> [Sensor]
  private let isDevice: (String) -> Bool
  private var devices: [Device] = []
  private var isThere = false
  /// Every series that was ever met.
  private var places: [SeriesKey: SeriesIndex] = [:]
  private(set) var leftOut = 0

  /// A device whose sensors are open.
  private struct Device {
    let name: String
    /// Where the entry in the folder points to: another device may come under the same name.
    let destination: String?
    /// What was in its folder: a driver that is loaded later adds to it.
    let files: [String]
    let sensors: [OpenSensor]
    /// Whether it has more sensors than are sampled.
    let isCut: Bool
  }

  /// - Parameters:
  ///   - path: the whole path, with the kernel root in front.
  ///   - isDevice: whether an entry of the folder is a device of this class.
  ///   - sensors: what a device offers.
  init(
    _ path: String, isDevice: @escaping (String) -> Bool = { _ in true },
    sensors: @escaping (DeviceEntry) -> [Sensor]
  ) {
    self.path = path
    self.isDevice = isDevice
    self.sensors = sensors
  }

  /// Closes what is gone and opens what came.
  func look(_ sample: inout Sample) {
    let entries = (try? Directory.entries(path)) ?? []
    isThere = !entries.isEmpty
    let names = entries.filter(isDevice)
    let found = names.prefix(Limits.devicesPerProbeMax).map { name in
      (
        entry: DeviceEntry(
          name: name, path: path + "/" + name,
          files: (try? Directory.entries(path + "/" + name)) ?? []),
        destination: Directory.destination(ofLink: path + "/" + name)
      )
    }
    devices.removeAll { device in
      !found.contains {
        $0.entry.name == device.name && $0.destination == device.destination
          && $0.entry.files == device.files
      }
    }
    for (entry, destination) in found where !devices.contains(where: { $0.name == entry.name }) {
      open(entry, destination, &sample)
    }
    leftOut = names.count - found.count + devices.count(where: \.isCut)
  }

  private func open(_ entry: DeviceEntry, _ destination: String?, _ sample: inout Sample) {
    let all = sensors(entry)
    let room = max(0, Limits.sensorsPerProbeMax - devices.reduce(0) { $0 + $1.sensors.count })
    let taken = Set(devices.flatMap { $0.sensors.flatMap(\.places) })
    let opened = all.prefix(room).map { sensor in
      OpenSensor(sensor, below: entry.path) { attributes in
        place(of: sensor.signal, attributes, &sample)
      }
    }
    devices.append(
      Device(
        name: entry.name, destination: destination, files: entry.files,
        // Two chips that say the same of themselves cannot be told apart: the first has the series.
        sensors: opened.filter { taken.isDisjoint(with: $0.places) }, isCut: all.count > room))
  }

  private func place(
    of signal: Signal, _ attributes: [Attribute], _ sample: inout Sample
  ) -> SeriesIndex {
    let key = SeriesKey(signal.name, attributes)
    let place = places[key] ?? sample.add(signal, attributes)
    places[key] = place
    return place
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    guard isThere else { return .absent }
    var outcome = ProbeOutcome.readings
    for device in devices {
      for sensor in device.sensors {
        guard let failure = sensor.read(into: &sample) else { continue }
        outcome = .failed(failure)
      }
    }
    return outcome
  }
}

/// A class of devices that needs nothing but its folder.
final class DeviceFolderProbe: Probe {
  let file: String
  let isOptional = true
  private let folder: DeviceFolder
  var leftOut: Int { folder.leftOut }

  init(
    _ file: String, below root: KernelRoot,
    isDevice: @escaping (String) -> Bool = { _ in true },
    sensors: @escaping (DeviceEntry) -> [Sensor]
  ) {
    self.file = file
    folder = DeviceFolder(root.path(file), isDevice: isDevice, sensors: sensors)
  }

  func lookForDevices(_ sample: inout Sample) { folder.look(&sample) }

  func sample(into sample: inout Sample) -> ProbeOutcome { folder.sample(into: &sample) }
}
