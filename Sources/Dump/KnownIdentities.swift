// What identifies this appliance, its site and its people, learnt from where it stands: for the scrubber, which replaces
// it, and for the last look at the finished archive, which refuses to hand over one that still holds any of it.
//
// Read with the rights of whoever calls: serial numbers and the keys of the upload are root's.

package import Configuration
package import Handshake
internal import Linux
package import Scrubbing

package struct KnownIdentities: Sendable {
  package private(set) var all: [Identity] = []
  /// What is not searched for because it is too much, each a sentence for the dump's log.
  package private(set) var omissions: [String] = []

  /// - Parameters:
  ///   - kernelRoot: where proc and sys are found, without a slash at the end.
  ///   - upload: names the files whose content is secret.
  package init(
    _ locations: Locations, kernelRoot: String, upload: UploadSettings, agreement: Agreement
  ) {
    learnHost(locations, kernelRoot)
    learnNetwork(kernelRoot)
    learnSerialNumbers(kernelRoot)
    learnPeople(locations, agreement)
    learnSecrets(locations, upload)
    settle()
  }

  private mutating func settle() {
    all = Array(Set(all)).sorted { ($0.kind.rawValue, $0.text) < ($1.kind.rawValue, $1.text) }
  }

  /// Adds what identified this appliance in earlier dumps: what was recorded before it was renamed has its former name.
  package mutating func learn(formerly book: PseudonymBook) {
    let known = Set(all)
    let former = book.knownIdentities.filter { !known.contains($0) }
    let left = learn(former, bytesMax: DumpLimits.formerBytesMax)
    if left > 0 {
      omissions.append("\(left) names of earlier dumps are more than can be searched for")
    }
    learnFirstParts()
    settle()
  }

  /// Adds texts as far as they have room, and returns how many have none.
  private mutating func learn(_ identities: [Identity], bytesMax: Int) -> Int {
    var room = bytesMax
    var left = 0
    for identity in identities {
      let bytes = identity.text.utf8.count
      if bytes <= room { add(identity.kind, identity.text) } else { left += 1 }
      room -= min(bytes, room)
    }
    return left
  }

  /// Adds a text that must not be in the archive.
  package mutating func add(_ kind: Identity.Kind, _ text: String) {
    let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if !trimmed.isEmpty { all.append(Identity(kind, trimmed)) }
  }

  /// Leaves out what stands in `text`, which is in every dump of every appliance: a user called "upload" or a host
  /// called "network" is told apart by nobody, and replaced it would make the manifest and the page unreadable.
  package mutating func leaveOut(whatStandsIn text: [UInt8]) {
    all = IdentitySearch.identities(all, notIn: text)
  }

  private mutating func learnHost(_ locations: Locations, _ kernelRoot: String) {
    add(.hostName, Self.line(kernelRoot + "/proc/sys/kernel/hostname"))
    let domain = Self.line(kernelRoot + "/proc/sys/kernel/domainname")
    if domain != "(none)" { add(.domainName, domain) }
    add(.hostName, Self.line(locations.prefix + "/etc/hostname"))
    let own = Set(all.map(\.text))
    add(.machineID, Self.line(locations.machineFile))
    add(.uuid, Self.line(kernelRoot + "/proc/sys/kernel/random/boot_id"))
    learnHosts(Self.lines(locations.prefix + "/etc/hosts"))
    for line in Self.lines(locations.prefix + "/etc/resolv.conf") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, ["search", "domain"].contains(first) else { continue }
      for name in words.dropFirst() { add(.domainName, String(name)) }
    }
    // What this machine's own dotted name ends with is the site's.
    for identity in all where identity.kind == .hostName && own.contains(identity.text) {
      let parts = identity.text.split(separator: ".").dropFirst()
      if parts.count >= 2 { add(.domainName, parts.joined(separator: ".")) }
    }
    learnFirstParts()
  }

  /// The names that this machine gives itself and its neighbours (hosts(5)). Names that lead nowhere, at 0.0.0.0 or by
  /// thousands at the loopback, are hosts that are blocked, and nobody's here; Debian gives a machine its own at
  /// 127.0.1.1.
  private mutating func learnHosts(_ lines: [String]) {
    var (names, own): ([Identity], [Identity]) = ([], [])
    for line in lines {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let address = words.first else { continue }
      let identities = words.dropFirst().map { Identity(.hostName, String($0)) }
      // "::", "::1" and how else these two are spelled.
      let isNowhere = address == "0.0.0.0" || address.allSatisfy { "0:".contains($0) }
      let isLoopback =
        (address.hasPrefix("127.") && address != "127.0.1.1")
        || (address.last == "1" && address.dropLast().allSatisfy { "0:".contains($0) })
      if isLoopback { own += identities } else if !isNowhere { names += identities }
    }
    // The first ones, which a list that was added does not push out.
    names = own.prefix(DumpLimits.loopbackNamesMax) + names
    let left = learn(names, bytesMax: DumpLimits.hostsBytesMax)
    if left > 0 {
      omissions.append("\(left) names of /etc/hosts are more than can be searched for")
    }
  }

  /// A dotted name identifies by its first part as well.
  private mutating func learnFirstParts() {
    for identity in all where identity.kind == .hostName {
      if let first = identity.text.split(separator: ".").first, first.count < identity.text.count {
        add(.hostName, String(first))
      }
    }
  }

  private mutating func learnNetwork(_ kernelRoot: String) {
    for name in Self.entries(kernelRoot + "/sys/class/net") {
      let address = Self.line("\(kernelRoot)/sys/class/net/\(name)/address")
      if address.contains(where: { $0 != "0" && $0 != ":" }) { add(.macAddress, address) }
    }
    // /proc/net/fib_trie: "|-- 192.168.1.7" and behind it "/32 host LOCAL" for an address of this machine's own.
    var address = ""
    for line in Self.lines(kernelRoot + "/proc/net/fib_trie") {
      let words = line.split(separator: " ")
      if words.first == "|--", words.count > 1 { address = String(words[1]) }
      if words.contains("LOCAL"), !address.hasPrefix("127.") { add(.address, address) }
    }
    // /proc/net/if_inet6: 32 hexadecimal digits, then "02 40 20 80 eth0"; scope 10 is the loopback.
    for line in Self.lines(kernelRoot + "/proc/net/if_inet6") {
      let words = line.split(separator: " ")
      guard words.count == 6, words[0].count == 32, words[3] != "10" else { continue }
      let digits = Array(words[0])
      let groups = stride(from: 0, to: 32, by: 4).map { String(digits[$0..<$0 + 4]) }
      add(.address, groups.joined(separator: ":"))
    }
  }

  /// Board, product and disks: sysfs-class-dmi, devicetree and the attributes of block devices.
  private mutating func learnSerialNumbers(_ kernelRoot: String) {
    let board = kernelRoot + "/sys/class/dmi/id/"
    for name in ["product_serial", "board_serial", "chassis_serial", "chassis_asset_tag"] {
      addSerial(Self.line(board + name))
    }
    add(.uuid, Self.line(board + "product_uuid"))
    addSerial(Self.line(kernelRoot + "/proc/device-tree/serial-number"))
    for disk in Self.entries(kernelRoot + "/sys/block") {
      let disk = "\(kernelRoot)/sys/block/\(disk)/"
      for file in ["device/serial", "device/cid", "serial"] { addSerial(Self.line(disk + file)) }
      for file in ["device/wwid", "wwid"] { addWorldWideName(Self.line(disk + file)) }
      // "CRYPT-LUKS2-5f2c1a30111142228333abcdefabcdef-luks-…", "mpath-35000c500a1b2c3d4", "LVM-" and 64 letters.
      for part in Self.line(disk + "dm/uuid").split(separator: "-") where part.count >= 16 {
        if part.count == 32, part.allSatisfy(\.isHexDigit) {
          add(.uuid, String(part))
        } else if part.contains(where: \.isNumber) {
          addSerial(String(part))
        }
      }
    }
    for supply in Self.entries(kernelRoot + "/sys/class/power_supply") {
      addSerial(Self.line("\(kernelRoot)/sys/class/power_supply/\(supply)/serial_number"))
    }
  }

  /// "naa.5000c500a1b2c3d4" is "wwn-0x5000c500a1b2c3d4" for udev and "35000c500a1b2c3d4" for the device mapper: the
  /// number behind its kind identifies, whatever stands before it.
  private mutating func addWorldWideName(_ text: String) {
    addSerial(text)
    let parts = text.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, ["naa", "eui", "t10", "uuid"].contains(parts[0]) else { return }
    let name = String(parts[1])
    if parts[0] == "uuid" { return add(.uuid, name) }
    addSerial(name)
    // What has no other digits than decimal ones is found as a whole word only; sixteen zeros are no name.
    guard name.allSatisfy(\.isNumber), Set(name).count > 2 else { return }
    for start in ["2", "3", "0x"] { addSerial(start + name) }
  }

  private mutating func addSerial(_ text: String) {
    let word = String(text.filter { $0 != "\0" })
    // "t10.ATA     Samsung SSD 860     S3Z2NB0K123456": elsewhere the number stands alone, or behind other letters.
    let parts = word.split(separator: " ")
    if parts.count > 1, let last = parts.last, last.count >= 8, last.contains(where: \.isNumber) {
      add(.serialNumber, String(last))
    }
    let distinct = Set(word.filter { $0 != " " && $0 != "." && $0 != "-" })
    // "00000000"; the words for a missing one are EverydayNames.
    if distinct.count > 1 { add(.serialNumber, word) }
  }

  /// Who has an account, and who signed.
  private mutating func learnPeople(_ locations: Locations, _ agreement: Agreement) {
    for line in Self.lines(locations.prefix + "/etc/passwd") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      // People's accounts begin at 1000; 65534 is "nobody", 65535 no account (Debian policy 9.2.2). Those of a directory
      // are far above.
      guard fields.count >= 5, let number = UInt32(fields[2]), number >= 1000,
        ![65534, 65535].contains(number)
      else { continue }
      add(.userName, String(fields[0]))
      // The full name, up to the first comma (passwd(5)).
      add(.userName, String(fields[4].prefix { $0 != "," }))
    }
    if let name = Process.userName, name != "root" { add(.userName, name) }
    if let name = agreement.consent?.acceptedBy { add(.userName, name) }
  }

  /// What the upload proves itself with. The key's frame ("-----BEGIN …") and a header's name are no secrets.
  private mutating func learnSecrets(_ locations: Locations, _ upload: UploadSettings) {
    func lines(of file: String?) -> [String] {
      guard let file else { return [] }
      let path = file.hasPrefix("/") ? file : locations.configuration + "/" + file
      return Self.lines(path)
    }
    // The last line of a key may have four letters, which stand everywhere.
    for line in lines(of: upload.clientKeyFile) where !line.hasPrefix("-----") && line.count >= 8 {
      add(.secret, line)
    }
    for line in lines(of: upload.headersFile) where !line.hasPrefix("#") {
      add(.secret, line.split(separator: ":", maxSplits: 1).last.map(String.init) ?? "")
    }
    guard let proxy = upload.proxy else { return }
    add(.hostName, String(proxy.description.prefix { $0 != ":" }))
    guard proxy.hasPassword, let start = proxy.url.firstRange(of: "//")?.upperBound,
      let end = proxy.url.lastIndex(of: "@")
    else { return }
    let words = proxy.url[start..<end].split(separator: ":", maxSplits: 1)
    if let name = words.first { add(.userName, String(name)) }
    if words.count > 1 { add(.secret, String(words[1])) }
  }

  private static func line(_ path: String) -> String { lines(path).first ?? "" }

  /// The lines of a file, of a large one the first; none when it cannot be read: then nothing in the dump can have come
  /// from it either.
  private static func lines(_ path: String) -> [String] {
    guard let file = try? FileDescriptor.open(path, .readOnlyAtOnce),
      let content = try? file.readStart(limitBytes: DumpLimits.namingFileBytesMax)
    else { return [] }
    return String(decoding: content.bytes, as: UTF8.self).split(separator: "\n").map {
      String($0.drop(while: \.isWhitespace))
    }
  }

  private static func entries(_ path: String) -> [String] {
    (try? Directory.entries(path)) ?? []
  }
}
