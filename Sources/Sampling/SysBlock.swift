// /sys/block: the disks and how large they are, in sectors of 512 bytes whatever the disk says.
//
//   sda/size     500118192
//
// Documentation/ABI/stable/sysfs-block

internal import Linux
internal import Telemetry

enum SysBlock {
  static func probe(below root: KernelRoot, _ patterns: DevicePatterns) -> DeviceFolderProbe {
    let filter = DeviceFilter(patterns)
    return DeviceFolderProbe("/sys/block", below: root, isDevice: filter.permits) { entry in
      // A slash in the name of a disk stands as '!' in the folder's.
      let name = String(entry.name.map { $0 == "!" ? "/" : $0 })
      return [
        Sensor(
          signal: Catalog.diskLimit, attributes: [Attribute("system.device", .string(name))],
          value: .number(file: "size", times: 512))
      ]
    }
  }
}
