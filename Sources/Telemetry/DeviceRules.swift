// Which devices are sampled. A machine has many that say nothing about its site: loop devices of packages,
// a container's interfaces, the kernel's own file systems. What is denied is not even opened. Network file
// systems are denied because a server that died may never answer: whoever wants one names it.

/// What is sampled of one kind of device: what a pattern of `allow` matches, and else what no pattern of `deny`
/// does. `*` in a pattern stands for any characters, also none.
package struct DevicePatterns: Equatable, Sendable {
  package var allow: [String]
  package var deny: [String]

  package init(allow: [String] = [], deny: [String]) {
    self.allow = allow
    self.deny = deny
  }
}

package struct DeviceRules: Equatable, Sendable {
  /// By the names in /proc/diskstats.
  package var disks = DevicePatterns(deny: ["loop*", "ram*", "zram*", "fd*"])

  /// By the names in /proc/net/dev: containers, virtual machines, and what kernel modules make unasked.
  package var interfaces = DevicePatterns(deny: [
    "veth*", "docker*", "br-*", "virbr*", "vnet*", "cni*", "cali*", "flannel*", "lxc*", "lxdbr*",
    "podman*", "dummy*", "ifb*", "sit*", "tunl*", "ip6tnl*", "gre*", "erspan*",
  ])

  /// By the type, and by the mount point where the pattern begins with a slash. Media that a person plugged in
  /// are mounted under that person's name.
  package var fileSystems = DevicePatterns(deny: [
    "autofs", "binfmt_misc", "bpf", "cgroup*", "configfs", "debugfs", "devpts", "devtmpfs",
    "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rootfs",
    "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tmpfs", "tracefs", "overlay", "aufs",
    "squashfs", "erofs", "iso9660", "nfs*", "cifs", "smb*", "9p", "afs", "ceph", "lustre",
    "virtiofs", "fuse*", "glusterfs", "/home/*", "/media/*/*", "/run/media/*",
  ])

  package init() {}
}
