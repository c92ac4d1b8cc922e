// What the appliance is made of: its firmware's own words, which every process may read.
//
//   /sys/class/dmi/id/sys_vendor         Dell Inc.          x86 and some arm64
//   /sys/class/dmi/id/product_name       Embedded Box PC 3000
//   /proc/device-tree/model              Raspberry Pi 4 Model B Rev 1.4
//   /proc/device-tree/compatible         raspberrypi,4-model-b\0brcm,bcm2711\0
//
// Boards without a proper firmware say "To be filled by O.E.M."; such words are no fact. Serial numbers are
// readable for root only, and are not read. Documentation/ABI/testing/sysfs-class-dmi, devicetree.org 2.3.1

internal import Linux
internal import Telemetry

enum DeviceModel {
  static func facts(below root: KernelRoot) -> [Fact] {
    func fact(_ signal: Signal, _ files: String...) -> Fact? {
      files.lazy.compactMap { KernelAttribute.text(root.path($0)) }.map(trimmed)
        .first { !FirmwareText.isFiller($0) }.map { Fact(signal, $0) }
    }
    let identifier = "/proc/device-tree/compatible"
    let manufacturer =
      fact(
        Catalog.deviceManufacturer, "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/board_vendor"
      )
      ?? KernelAttribute.text(root.path(identifier))
      .flatMap { $0.contains(",") ? $0.split(separator: ",").first : nil }
      .map { Fact(Catalog.deviceManufacturer, String($0)) }
    return [
      manufacturer,
      fact(Catalog.deviceModelIdentifier, "/sys/class/dmi/id/product_name", identifier),
      fact(Catalog.deviceModelName, "/sys/class/dmi/id/product_family", "/proc/device-tree/model"),
    ].compactMap(\.self)
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

/// What uname(2) says, from the files below /proc/sys/kernel.
enum KernelName {
  static func facts(below root: KernelRoot) -> [Fact] {
    func file(_ name: String) -> String? {
      KernelAttribute.text(root.path("/proc/sys/kernel/" + name))
    }
    return [
      file("osrelease").map { Fact(Catalog.kernelRelease, $0) },
      root.machine.map { Fact(Catalog.hostArchitecture, architecture($0)) },
      file("hostname").map { Fact(Catalog.hostName, $0) },
    ].compactMap(\.self)
  }

  /// The conventions' words for the kernel's (https://opentelemetry.io/docs/specs/semconv/registry/attributes/host/).
  static func architecture(_ machine: String) -> String {
    switch machine {
    case "x86_64": "amd64"
    case "aarch64", "arm64": "arm64"
    case "i386", "i486", "i586", "i686": "x86"
    case "ppc": "ppc32"
    case "ppc64", "ppc64le": "ppc64"
    case _ where machine.hasPrefix("arm"): "arm32"
    default: machine
    }
  }
}
