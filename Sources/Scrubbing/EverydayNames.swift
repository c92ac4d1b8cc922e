// Names that identify nobody, because thousands of appliances have them, and the words that stand for what was
// removed. They are neither replaced nor searched for.

enum EverydayNames {
  static func contains(_ lowercased: [UInt8]) -> Bool {
    let text = String(decoding: lowercased, as: UTF8.self)
    return all.contains(text) || phrases.contains(text)
  }

  static let all: Set<String> = Set(
    (hosts + users + addresses + ownWords).split { $0 == " " || $0 == "\n" }.map(String.init))

  /// What installers and images call a machine.
  private static let hosts = """
    localhost localhost.localdomain localdomain localhost4 localhost6 ip6-localhost ip6-loopback debian ubuntu \
    raspberrypi raspbian linux unknown none null default gateway router server client device appliance \
    machine node host proxy unix alpine fedora centos archlinux kali openwrt buildroot yocto qemu virtual docker \
    container computer desktop laptop workstation local home internal intranet corp test testing example \
    example.com example.org example.net

    """

  /// Accounts that come with distributions and services, and what people call an account that is nobody's.
  private static let users = """
    root daemon sync games mail news uucp proxy www-data backup list nobody admin administrator user users guest \
    operator service services support system systemd kernel accord accordd debian ubuntu messagebus sshd \
    systemd-network systemd-resolve systemd-timesync systemd-coredump systemd-oom polkitd avahi colord pulse rtkit \
    usbmux dnsmasq postgres mysql mariadb redis nginx apache http https mongodb influxdb grafana telegraf prometheus \
    node-exporter docker podman libvirt libvirt-qemu chrony tcpdump syslog rsyslog postfix dovecot bind named _apt \
    _chrony _rpc statd test tester demo oracle tomcat jenkins gitlab-runner vagrant cloud-user ec2-user core

    """

  /// As in `InternetAddress.isKept`: those that every machine has.
  private static let addresses = """
    127.0.0.1 0.0.0.0 255.255.255.255 ::1 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 000000000000 ffffffffffff \
    00000000 ffffffff 0100007f 0123456789 00000000-0000-0000-0000-000000000000 00000000000000000000000000000000

    """

  /// What firmware gives as a serial number when nobody has set one.
  private static let phrases: Set<String> = [
    "not specified", "to be filled by o.e.m.", "default string", "system serial number",
    "not applicable", "not available", "chassis serial number", "base board serial number",
    "no asset tag", "123456789", "asset-1234567890", "empty",
  ]

  /// What the scrubber itself writes; an appliance with such a name would make it write without end.
  private static let ownWords = """
    removed host domain serial machine uuid mail secret password token cookie authorization community credentials \
    certificate private encoded hash address name key
    """
}
