// /proc/PID/stat of every process (proc_pid_stat(5)):
//
//   24838 (tmux: server) S 1 24838 24838 0 -1 4194368 812 0 0 0 31 12 …
//
// The second field is the name of the program, 15 bytes that it chooses itself: blanks, brackets and line breaks may
// be among them, so the fields are counted from behind the last bracket. The command line and the environment lie
// beside this file and are not read.

struct ProcessLine: Equatable {
  let identifier: String
  let name: String
  /// R running, S sleeping, D waiting for a device, T stopped, Z ended and not fetched, I idle in the kernel.
  let state: Character
  let userTicks: Int64
  let systemTicks: Int64
  let threads: Int64
  /// Ticks after the start of the machine.
  let startTicks: Int64
  let residentPages: Int64

  var ticks: Int64 { userTicks &+ systemTicks }

  init?(identifier: String, _ stat: String) {
    guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close
    else { return nil }
    let fields = stat[stat.index(after: close)...].split(whereSeparator: \.isWhitespace)
    guard fields.count >= 22, let state = fields[0].first, let user = Int64(fields[11]),
      let system = Int64(fields[12]), let threads = Int64(fields[17]),
      let start = Int64(fields[19]),
      let resident = Int64(fields[21])
    else { return nil }
    self.identifier = identifier
    name = String(stat[stat.index(after: open)..<close])
    self.state = state
    (userTicks, systemTicks, self.threads) = (user, system, threads)
    (startTicks, residentPages) = (start, resident)
  }
}

enum ProcessList {
  /// Every process that is there at this moment; one that ends meanwhile is passed over.
  static func read(_ reader: inout TreeReader) -> [ProcessLine] {
    reader.names("/proc", max: InventoryLimits.processesMax)
      .filter { $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
      .compactMap { identifier in
        let path = "/proc/\(identifier)/stat"
        guard let text = reader.text(path, limitBytes: InventoryLimits.valueBytesMax) else {
          return nil
        }
        return ProcessLine(identifier: identifier, text)
      }
  }
}

extension TreeReader {
  /// The lines of a named file of a process.
  mutating func processLines(_ identifier: String, _ file: String) -> [Substring] {
    lines("/proc/\(identifier)/\(file)", limitBytes: InventoryLimits.valueBytesMax)
  }
}
