import Telemetry
import Testing

@testable import Sampling

@Suite("Which devices are sampled")
struct DeviceFilterTests {
  @Test(
    "by default, what says nothing about the site",
    arguments: [
      ("sda", true), ("mmcblk0boot0", true), ("dm-0", true), ("md127", true), ("sr0", true),
      ("loop0", false), ("ram15", false), ("zram0", false), ("fd0", false),
    ])
  func disks(name: String, expected: Bool) {
    #expect(DeviceFilter(DeviceRules().disks).permits(name) == expected)
  }

  @Test(
    "by default, no interface of a container or a virtual machine",
    arguments: [
      ("eth0", true), ("enp1s0", true), ("br0", true), ("wwan0", true), ("bond0", true),
      ("wg0", true), ("veth4f1c2a0", false), ("docker0", false), ("br-1a2b3c4d5e6f", false),
      ("virbr0", false), ("vnet3", false), ("cali12", false), ("lxcbr0", false), ("dummy0", false),
      ("sit0", false), ("ip6tnl0", false),
    ])
  func interfaces(name: String, expected: Bool) {
    #expect(DeviceFilter(DeviceRules().interfaces).permits(name) == expected)
  }

  @Test(
    "by default, no server and no medium that a person plugged in",
    arguments: [
      ("ext4", "/", true), ("xfs", "/srv", true), ("vfat", "/boot/efi", true),
      ("btrfs", "/home", true),
      ("nfs4", "/mnt", false), ("cifs", "/mnt", false), ("fuse.sshfs", "/mnt", false),
      ("tmpfs", "/run", false), ("overlay", "/", false), ("squashfs", "/snap/x", false),
      ("ext4", "/home/*", false), ("vfat", "/media/anna/STICK", false),
      ("ext4", "/media/data", true),
      ("vfat", "/run/media/anna/X", false), ("cgroup2", "/sys/fs/cgroup", false),
      ("proc", "/proc", false),
    ])
  func fileSystems(type: String, place: String, expected: Bool) {
    #expect(
      DeviceFilter(DeviceRules().fileSystems).permits(fileSystem: type, at: place) == expected)
  }

  @Test("what is allowed by name is sampled although a pattern denies it, by type or by place")
  func allow() {
    let filter = DeviceFilter(DevicePatterns(allow: ["nfs4", "/run/x"], deny: ["nfs*", "tmpfs"]))
    #expect(
      filter.permits(fileSystem: "nfs4", at: "/a") && !filter.permits(fileSystem: "nfs", at: "/a"))
    #expect(
      filter.permits(fileSystem: "tmpfs", at: "/run/x")
        && !filter.permits(fileSystem: "tmpfs", at: "/run/y"))
    // A type is no place: a mount point cannot take the name of a type.
    #expect(!DeviceFilter(DevicePatterns(deny: ["*"])).permits(fileSystem: "ext4", at: "/"))
  }
}
