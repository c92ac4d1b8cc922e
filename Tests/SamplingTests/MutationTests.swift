import Sampling
import Telemetry
import TestSupport
import Testing

@Suite("Files that no kernel writes")
struct MutationTests {
  private static let files = [
    "stat", "meminfo", "loadavg", "net/dev", "uptime", "vmstat", "swaps", "diskstats", "locks",
    "net/tcp", "net/udp", "pressure/memory", "pressure/irq", "sys/fs/file-nr",
    "sys/kernel/threads-max",
  ]
  /// Tables that may list nothing.
  private static let tables: Set = ["net/dev", "swaps", "diskstats", "locks"]

  @Test(
    "a reading is a number of the file, and a file that makes no sense gives none",
    arguments: machines, seeds)
  func numbersOfTheFile(machine: String, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rig = try Rig()
    for _ in 0..<40 {
      let file = Self.files.randomElement(using: &generator)!
      guard let original = fixture(machine, "proc/" + file) else { continue }
      let text = mutated(original, &generator)
      try rig.kernel.write("proc/" + file, text)
      rig.tick(wanted: ["/proc/" + file], afterSeconds: 3600)
      let numbers = Numbers(text)
      let record = rig.record("/proc/" + file)
      switch record.outcome {
      case .readings:
        #expect(!rig.readings.isEmpty || Self.tables.contains(file), "seed \(seed): \(text)")
      case .failed(let failure):
        #expect(rig.readings.isEmpty, "seed \(seed): \(text)")
        #expect(failure.description.contains("/proc/" + file), "seed \(seed)")
      case .absent, nil: Issue.record("seed \(seed): the file is there")
      }
      for (label, value) in rig.readings {
        #expect(numbers.explain(label, value), "seed \(seed): \(label) \(value) in \(text)")
      }
    }
  }

  @Test("every beginning of a file is answered", arguments: machines)
  func beginnings(machine: String) throws {
    let rig = try Rig()
    for file in Self.files {
      guard let text = fixture(machine, "proc/" + file) else { continue }
      // The end decides; the beginning is the same each time.
      for length in stride(from: 0, through: text.count, by: 7).reversed() {
        let beginning = Array(text.prefix(length))
        try rig.kernel.write("proc/" + file, beginning)
        rig.tick(wanted: ["/proc/" + file], afterSeconds: 3600)
        let numbers = Numbers(beginning)
        for (label, value) in rig.readings {
          #expect(numbers.explain(label, value), "\(file) \(length)")
        }
      }
      let isEmptyTable = ["diskstats", "locks"].contains(file)
      #expect(
        rig.record("/proc/" + file).outcomeName == (isEmptyTable ? "readings" : "failed"),
        "an empty \(file)")
    }
  }

  /// A few bytes or lines changed, removed, doubled or swapped.
  private func mutated(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let edits = Array("\n\t :0123456789.-|xkB\0".utf8) + [0xFF, 0xC3]
    var text = original
    for _ in 0..<Int.random(in: 1...6, using: &generator) where !text.isEmpty {
      let position = Int.random(in: 0..<text.count, using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: text[position] = edits.randomElement(using: &generator)!
      case 1: text.insert(edits.randomElement(using: &generator)!, at: position)
      case 2: text.removeSubrange(position..<min(text.count, position + 4))
      case 3: text.insert(contentsOf: Array("99999999999".utf8), at: position)
      case 4: text.insert(contentsOf: original.suffix(position), at: position)
      case 5: text.removeLast(min(text.count, Int.random(in: 1...30, using: &generator)))
      default: text = shuffledLines(text, &generator)
      }
    }
    return text
  }

  private func shuffledLines(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return Array(lines.shuffled(using: &generator).joined(separator: [UInt8(ascii: "\n")]))
  }
}

/// What the numbers of a text can explain, found without the scanner.
private struct Numbers {
  private let numbers: Set<Int64>
  private let hundredths: Set<Int64>
  private let lineCount: Int64

  init(_ text: [UInt8]) {
    let words = text.split { " \t\n:=".utf8.contains($0) }.map {
      String(decoding: $0, as: UTF8.self)
    }
    numbers = Set(words.filter { $0.utf8.allSatisfy { 48...57 ~= $0 } }.compactMap { Int64($0) })
    hundredths = Set(words.compactMap(Self.hundredths))
    lineCount = Int64(text.split(separator: 10).count)
  }

  private static func hundredths(_ word: String) -> Int64? {
    let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].utf8.count > 0, parts.allSatisfy({ $0.utf8.allSatisfy { 48...57 ~= $0 } }) else {
      return nil
    }
    let decimals = parts.count == 2 ? String(parts[1].prefix(2)) : ""
    return Int64(parts[0] + decimals + String(repeating: "0", count: 2 - decimals.utf8.count))
  }

  func explain(_ label: String, _ value: Int64) -> Bool {
    switch label {
    case "system.uptime", "system.cpu.load_average.1m", "system.cpu.load_average.5m",
      "system.cpu.load_average.15m":
      hundredths.contains(value)
    case "system.cpu.logical.count": (0..<lineCount).contains(value)
    case "system.cpu.time interrupt": isSum(value)
    case "system.paging.faults minor": isDifference(value)
    case _
    where label.hasPrefix("system.network.connection") || label.hasPrefix("system.filesystem.lock"):
      (0...lineCount).contains(value)
    case _ where label.contains(".pressure.total"): numbers.contains(value)
    case _ where label.contains(".pressure."):
      hundredths.contains(value)
    case _ where label.hasPrefix("system.disk.io "):
      value % 512 == 0 && numbers.contains(value / 512)
    case _ where label.hasPrefix("system.paging.usage") && label.hasSuffix(" free"):
      value >= 0 && value % 1024 == 0 && isDifference(value / 1024)
    case _ where label.hasPrefix("system.paging.usage"):
      value % 1024 == 0 && numbers.contains(value / 1024)
    case "system.memory.linux.hugepages.usage used": value >= 0 && isDifference(value)
    case _ where label.hasPrefix("system.memory.linux.hugepages."):
      numbers.contains(value) || value % 1024 == 0 && numbers.contains(value / 1024)
    case "system.memory.usage used": value >= 0 && value % 1024 == 0 && isDifference(value / 1024)
    case _ where label.hasPrefix("system.memory"):
      value % 1024 == 0 && numbers.contains(value / 1024)
    default: numbers.contains(value)
    }
  }

  private func isSum(_ value: Int64) -> Bool {
    numbers.contains { $0 <= value && numbers.contains(value - $0) }
  }

  private func isDifference(_ value: Int64) -> Bool {
    numbers.contains { $0 >= value && numbers.contains($0 - value) }
  }
}
