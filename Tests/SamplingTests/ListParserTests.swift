import Linux
import Telemetry
import Testing

@testable import Linux
@testable import Sampling

/// What a parser expected and did not find in `text`.
private func missing(_ text: String, _ parse: (RawSpan) -> StaticString?) -> String? {
  text.withRawBytes { parse($0) }.map { "\($0)" }
}

@Suite("/proc/locks")
struct ProcLocksTests {
  /// "MECHANISM MODE TYPE" and how many, without the kinds of which there are none.
  private func parse(_ text: String) -> (kinds: [String: Int64], missing: String?) {
    var locks = ProcLocks()
    let missing = missing(text) { locks.parse($0) }
    var kinds: [String: Int64] = [:]
    for (m, mechanism) in ProcLocks.mechanisms.enumerated() {
      for (n, mode) in ProcLocks.modes.enumerated() {
        for (t, type) in ProcLocks.types.enumerated() {
          let count = locks.counts[(m * ProcLocks.modes.count + n) * ProcLocks.types.count + t]
          if count > 0 { kinds["\(mechanism) \(mode) \(type)"] = count }
        }
      }
    }
    return (kinds, missing)
  }

  @Test("what is held is counted, what waits and what nobody knows is not")
  func kinds() {
    let text = """
      1: POSIX  ADVISORY  WRITE 24838 fe:00:16353023 1073741824 1073742335
      1: -> POSIX  ADVISORY  WRITE 24840 fe:00:16353023 1073741824 1073742335
      1:  -> POSIX  ADVISORY  READ 24841 fe:00:16353023 0 EOF
      2: POSIX  ADVISORY  READ 1 00:1a:1 0 EOF
      3: POSIX  ADVISORY  READ 2 00:1a:1 0 EOF
      4: FLOCK  ADVISORY  WRITE 3 00:1a:2 0 EOF
      5: OFDLCK ADVISORY  WRITE -1 00:1a:3 0 EOF
      6: POSIX  MANDATORY WRITE 4 00:1a:4 0 EOF
      7: LEASE  BREAKING  UNLCK 5 00:1a:5 0 EOF
      8: LEASE  BREAKER   READ 5 00:1a:5 0 EOF
      9: DELEG  ACTIVE    READ 6 00:1a:6 0 EOF
      10: FLOCK  MSNFS     READ 7 00:1a:7 0 EOF
      11: ACCESS ADVISORY  READ 8 00:1a:8 0 EOF
      12: UNKNOWN UNKNOWN  READ 9 <none>:0 0 EOF

      """
    let (kinds, missing) = parse(text)
    #expect(missing == nil)
    #expect(
      kinds == [
        "POSIX ADVISORY WRITE": 1, "POSIX ADVISORY READ": 2, "FLOCK ADVISORY WRITE": 1,
        "OFDLCK ADVISORY WRITE": 1, "POSIX MANDATORY WRITE": 1, "LEASE BREAKER READ": 1,
        "DELEG ACTIVE READ": 1,
      ])
  }

  @Test(
    "without locks there is nothing in the file", arguments: ["nonsense", "1 POSIX", "\n", ":"])
  func malformed(text: String) {
    #expect(parse("") == ([:], nil))
    #expect(parse(text).missing == "a number and ':' at the start of each line")
  }
}

@Suite("/proc/net/tcp and its like")
struct ProcNetSocketsTests {
  private static let heading = "  sl  local_address rem_address   st tx_queue rx_queue\n"

  private func parse(_ states: [String]) -> (sockets: ProcNetSockets, missing: String?) {
    var sockets = ProcNetSockets()
    let lines = states.enumerated().map { "   \($0): 0100007F:1F90 0100007F:A0B1 \($1) 0:0 0 0\n" }
    let missing = missing(Self.heading + lines.joined()) { sockets.add($0) }
    return (sockets, missing)
  }

  @Test(
    "the kernel's numbers are the conventions' words",
    arguments: [
      ("01", "established"), ("02", "syn_sent"), ("03", "syn_received"), ("04", "fin_wait_1"),
      ("05", "fin_wait_2"), ("06", "time_wait"), ("07", "closed"), ("08", "close_wait"),
      ("09", "last_ack"), ("0A", "listen"), ("0B", "closing"), ("0C", "syn_received"),
    ])
  func states(number: String, name: String) {
    let (sockets, missing) = parse([number, number])
    #expect(missing == nil && sockets.total == 2)
    let counts = zip(ProcNetSockets.states, sockets.counts).filter { $0.1 > 0 }
    #expect(counts.map(\.0) == [name] && counts.map(\.1) == [2])
  }

  @Test("a state of a later kernel is no state, and nothing in the list is a list")
  func unknown() {
    #expect(parse(["0D", "FF", "00"]).sockets.counts.allSatisfy { $0 == 0 })
    #expect(parse([]) == (ProcNetSockets(), nil))
  }

  @Test("what is malformed is said")
  func malformed() {
    for state in ["1", "0a", "0G", "001", "x"] {
      #expect(parse([state]).missing == "a state in hexadecimal behind the addresses", "\(state)")
    }
    var sockets = ProcNetSockets()
    #expect(missing("") { sockets.add($0) } == "the heading 'sl'")
    #expect(missing(Self.heading + "0: A\n") { sockets.add($0) } == "two addresses and a state")
  }
}

@Suite("/proc/self/mountinfo")
struct ProcMountinfoTests {
  private let filter = DeviceFilter(DeviceRules().fileSystems)

  /// The mount points that are sampled, those that may be slow with a question mark.
  private func sampled(_ text: String, deny: [String]? = nil, allow: [String] = []) -> [String]? {
    let deny = deny ?? DeviceRules().fileSystems.deny
    return [Mount](text).map { mounts in
      mounts.sampled(by: DeviceFilter(DevicePatterns(allow: allow, deny: deny)))
        .map { $0.mountPoint + (mounts.answersAtOnce($0) ? "" : "?") }
    }
  }

  @Test("the fields, with any number of optional ones, and names with blanks")
  func fields() throws {
    for optional in ["", " shared:1", " shared:1 master:2 propagate_from:3"] {
      let mount = try #require(
        Mount(
          #"36 35 98:0 /mnt1 /m\040n rw,noatime\#(optional) - ext3 /dev/r\134t ro,errors=x"#[...]))
      #expect(
        [mount.id, mount.parent, mount.device, mount.mountPoint, mount.type, mount.source]
          == ["36", "35", "98:0", "/m n", "ext3", "/dev/r\\t"])
      #expect([mount.options, mount.fileSystemOptions] == ["rw,noatime", "ro,errors=x"])
      #expect(mount.isReadOnly && !mount.isWholeFileSystem)
    }
  }

  @Test(
    "a line that breaks off makes no sense of the whole",
    arguments: [
      "x", "36 35 98:0 / / rw", "36 35 98:0 / / rw shared:1 ext3 /dev/root rw",
      "36 35 98:0 / / rw - ext3 /dev/root",
    ])
  func malformed(line: String) {
    #expect([Mount]("36 35 98:0 / / rw - ext3 /dev/root rw\n\(line)\n") == nil)
    #expect([Mount]("") == [])
  }

  @Test("each device once: as a whole, then under the shortest name")
  func once() {
    #expect(
      sampled(
        """
        1 0 8:1 /@home /h rw - btrfs /dev/a rw
        2 0 8:1 / /whole/of/it rw - btrfs /dev/a rw
        3 0 8:2 / /longer rw - ext4 /dev/b rw
        4 0 8:2 / /short rw - ext4 /dev/b rw
        5 0 8:2 / /long rw - ext4 /dev/b rw
        """) == ["/whole/of/it", "/long"])
  }

  @Test("what another mount covers, at its place or on the way to it, cannot be seen")
  func covered() {
    #expect(
      sampled(
        """
        1 1 0:1 / / rw - rootfs rootfs rw
        2 1 8:1 / / rw - ext4 /dev/a rw
        3 2 8:2 / /x rw - ext4 /dev/b rw
        4 2 8:3 / /d/deep rw - ext4 /dev/c rw
        5 2 8:4 / /d rw - ext4 /dev/d rw
        6 3 8:5 / /x rw - ext4 /dev/e rw
        7 6 8:6 / /x/in rw - ext4 /dev/f rw
        8 2 8:7 / /dd rw - ext4 /dev/g rw
        """) == ["/", "/d", "/x", "/x/in", "/dd"])
  }

  @Test("what lies inside a network's file system may be as slow, an automounter's folder is not")
  func slow() {
    let text = """
      1 0 8:1 / / rw - ext4 /dev/a rw
      2 1 0:9 / /net rw - nfs4 server:/ rw
      3 2 7:0 / /net/image rw - ext4 /dev/loop0 rw
      4 1 0:8 / /boot rw - autofs systemd-1 rw
      5 4 8:2 / /boot rw - vfat /dev/b rw
      6 1 0:7 / /f rw - fuse.x x rw
      7 1 0:6 / /sys rw - sysfs x rw
      8 7 8:3 / /sys/kept rw - ext4 /dev/c rw
      """
    #expect(sampled(text) == ["/", "/net/image?", "/boot", "/sys/kept"])
    #expect(
      sampled(text, allow: ["/net", "fuse*"])
        == ["/", "/net?", "/net/image?", "/boot", "/f?", "/sys/kept"])
  }

  @Test("servers, and disks by their serial number, are called by their type")
  func names() {
    func name(_ source: String) -> String? {
      Mount("1 0 8:1 / / rw - zfs \(source) rw"[...])?.deviceName
    }
    #expect(name("/dev/sda1") == "/dev/sda1" && name("/dev/mapper/vg0-x") == "/dev/mapper/vg0-x")
    #expect(name("files.example.net:/x") == "zfs" && name("//server/share") == "zfs")
    #expect(name("/dev/disk/by-id/ata-SERIAL") == "zfs")
  }
}

@Suite("/proc/[pid]/stat")
struct ProcessStateTests {
  @Test(
    "the state stands behind the last bracket of a name that the program chose",
    arguments: [
      ("1 (init) S 0", "S"), ("2 (a) R (b) Z 1 2", "Z"), ("3 (tmux: server) D 1", "D"),
      ("4 ()) T 1", "T"), ("5 (cut", nil), ("6 (cut) ", nil), ("", nil), ("7 (x))", nil),
    ] as [(String, String?)])
  func state(line: String, expected: String?) {
    #expect(ProcessTable.state(Array(line.utf8)[...]).map { String(UnicodeScalar($0)) } == expected)
  }

  @Test("every letter that the kernel knows, in the conventions' words")
  func letters() {
    var counts = ProcessTable.Counts()
    for letter in "RRRSDITtZX?KWP".utf8 { counts.add(letter) }
    #expect(counts == ProcessTable.Counts(running: 3, sleeping: 3, stopped: 2, defunct: 2))
  }
}
