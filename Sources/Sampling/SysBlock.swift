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
    return DeviceFolderProbe(
      "/sys/block", below: root, isDevice: { filter.permits(diskName($0)) },
      sensors: { entry in
        let device = Attribute("system.device", .string(diskName(entry.name)))
        return [
          Sensor(
            signal: Catalog.diskLimit, attributes: [device],
            value: .number(file: "size", times: 512))
        ]
      })
  }

  /// A slash in the name of a disk stands as '!' in the folder's.
  private static func diskName(_ folder: String) -> String {
    String(folder.map { $0 == "!" ? "/" : $0 })
  }
}
