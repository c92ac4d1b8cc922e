// /proc/diskstats: what each disk has done since boot.
//
//    8       0 sda 233231 61472 8342242 88321 412117 301187 21772248 301122 0 201144 402411 0 0 0 0 12044 12967
//    8       1 sda1 1041 0 9032 …
//
// Behind the two device numbers and the name: reads, reads merged, sectors read, ms reading, the same four for
// writes, operations in flight, ms in which something was in flight, and more that is not read. A sector is 512
// bytes here whatever the disk says. Partitions are passed over, because they count their disk's work a second
// time: a disk is what has a folder of its own in /sys/block, where '/' in a name stands as '!'.
// https://docs.kernel.org/admin-guide/iostats.html

internal import Linux
internal import Telemetry

struct DiskCounters: Equatable {
  var operations: Int64 = 0
  var merged: Int64 = 0
  var bytes: Int64 = 0
  var milliseconds: Int64 = 0
}

/// What is read from one line of /proc/diskstats.
struct ProcDiskstatsLine: Equatable {
  var name = 0..<0
  var read = DiskCounters()
  var written = DiskCounters()
  var busyMilliseconds: Int64 = 0
}

enum ProcDiskstats {
  /// Lends each line to `body`. Returns what was expected and did not stand there, or nil.
  static func parse(_ text: RawSpan, _ body: (ProcDiskstatsLine) -> Void) -> StaticString? {
    var scanner = TextScanner()
    while !scanner.isAtEnd(of: text) {
      guard scanner.integer(in: text) != nil, scanner.integer(in: text) != nil else {
        return "two device numbers at the start of each line"
      }
      var line = ProcDiskstatsLine()
      scanner.skipSpaces(in: text)
      line.name = scanner.word(in: text)
      guard !line.name.isEmpty, let read = four(&scanner, in: text),
        let written = four(&scanner, in: text), scanner.integer(in: text) != nil,
        let busy = scanner.integer(in: text)
      else { return "a name and at least ten numbers behind the device numbers" }
      (line.read, line.written, line.busyMilliseconds) = (read, written, busy)
      body(line)
      scanner.skipLine(in: text)
    }
    return nil
  }

  private static func four(_ scanner: inout TextScanner, in text: RawSpan) -> DiskCounters? {
    guard let operations = scanner.integer(in: text), let merged = scanner.integer(in: text),
      let sectors = scanner.integer(in: text), sectors < Int64.max / 512,
      let milliseconds = scanner.integer(in: text)
    else { return nil }
    return DiskCounters(
      operations: operations, merged: merged, bytes: sectors * 512, milliseconds: milliseconds)
  }
}

final class ProcDiskstatsProbe: Probe {
  let file = "/proc/diskstats"
  private var source: ProbedFile
  /// The whole table first: one that breaks off half-way would look like devices that vanished.
  private var lines: [ProcDiskstatsLine] = []
  private var disks: DeviceTable<Disk>
  var leftOut: Int { disks.leftOut }

  private struct Disk {
    let read: Places
    let written: Places
    let busy: SeriesIndex
  }

  private struct Places {
    let operations, merged, bytes, time: SeriesIndex
  }

  init(below root: KernelRoot, _ patterns: DevicePatterns) {
    source = ProbedFile("/proc/diskstats", below: root)
    disks = DeviceTable(patterns) { Self.isWholeDisk($0, below: root) }
  }

  func lookForDevices(_ sample: inout Sample) { disks.lookAgain() }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    disks.begin()
    return source.read { text in
      lines.removeAll(keepingCapacity: true)
      if let missing = ProcDiskstats.parse(text, { lines.append($0) }) { return missing }
      for line in lines {
        guard let known = disks.places(of: line.name, in: text, { places($0, &sample) }) else {
          continue
        }
        set(known.read, line.read, &sample)
        set(known.written, line.written, &sample)
        sample.set(known.busy, line.busyMilliseconds)
      }
      return nil
    }
  }

  /// A tree without /sys/block says nothing about partitions, so every line counts as a disk.
  private static func isWholeDisk(_ name: String, below root: KernelRoot) -> Bool {
    let folder = root.path("/sys/block")
    guard (try? FileState.of(folder)) != nil else { return true }
    let escaped = String(name.map { $0 == "/" ? "!" : $0 })
    return (try? FileState.of(folder + "/" + escaped)) != nil
  }

  private func set(_ places: Places, _ counters: DiskCounters, _ sample: inout Sample) {
    sample.set(places.operations, counters.operations)
    sample.set(places.merged, counters.merged)
    sample.set(places.bytes, counters.bytes)
    sample.set(places.time, counters.milliseconds)
  }

  private func places(_ name: String, _ sample: inout Sample) -> Disk {
    let device = Attribute("system.device", .string(name))
    func direction(_ direction: String) -> Places {
      func add(_ signal: Signal) -> SeriesIndex {
        sample.add(signal, [Attribute("disk.io.direction", .string(direction)), device])
      }
      return Places(
        operations: add(Catalog.diskOperations), merged: add(Catalog.diskMerged),
        bytes: add(Catalog.diskIO), time: add(Catalog.diskOperationTime))
    }
    return Disk(
      read: direction("read"), written: direction("write"),
      busy: sample.add(Catalog.diskIOTime, [device]))
  }
}
