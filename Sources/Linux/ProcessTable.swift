// The states of all processes: the third field of each /proc/PID/stat (proc_pid_stat(5)).
//
//   24838 (tmux: server) S 1 24838 24838 0 -1 …
//
// The second field is the program's name, which a program chooses itself: it may hold spaces and brackets, so
// the state stands behind the last bracket. Nothing else of the line is looked at, and no name is kept.

internal import CLinux

@safe
package struct ProcessTable: ~Copyable {
  /// How many processes were in each state.
  package struct Counts: Equatable, Sendable {
    package var running: Int64 = 0
    package var sleeping: Int64 = 0
    package var stopped: Int64 = 0
    package var defunct: Int64 = 0

    package mutating func add(_ state: UInt8) {
      switch state {
      case UInt8(ascii: "R"): running += 1
      case UInt8(ascii: "S"), UInt8(ascii: "D"), UInt8(ascii: "I"): sleeping += 1
      case UInt8(ascii: "T"), UInt8(ascii: "t"): stopped += 1
      case UInt8(ascii: "Z"), UInt8(ascii: "X"): defunct += 1
      default: break
      }
    }
  }

  private let path: String
  /// Kept from count to count: opening a directory allocates.
  private var directory: OpaquePointer?
  private var buffer = [UInt8](repeating: 0, count: 512)

  /// - Parameter path: the whole path of `proc`, with the kernel root in front.
  package init(_ path: String) { self.path = path }

  deinit {
    if let directory = unsafe directory { unsafe closedir(directory) }
  }

  /// Looks at every process once, or returns nil when there is no such table. A process that ends meanwhile is
  /// passed over. The corresponding C functions are `rewinddir`, `readdir` and `openat`.
  package mutating func count() -> Counts? {
    if unsafe directory == nil { unsafe directory = path.withCString { unsafe opendir($0) } }
    guard let directory = unsafe directory else { return nil }
    unsafe rewinddir(directory)
    var counts = Counts()
    var entries = 0
    while let entry = unsafe readdir(directory) {
      let file = unsafe linux_open_process_stat(dirfd(directory), entry)
      guard file != -1 else { continue }
      entries += 1
      let stat = FileDescriptor(owning: file)
      guard let length = try? stat.read(into: &buffer, from: 0, at: 0),
        let state = Self.state(buffer[..<length])
      else { continue }
      counts.add(state)
    }
    return entries > 0 ? counts : nil
  }

  /// The letter behind the last bracket.
  static func state(_ stat: ArraySlice<UInt8>) -> UInt8? {
    guard let bracket = stat.lastIndex(of: UInt8(ascii: ")")), bracket + 2 < stat.endIndex else {
      return nil
    }
    return stat[bracket + 2]
  }
}
