// How a collector reads: named files only, each bounded, below the root that the dump looks at.
//
// Three kinds of answers. What is absent is nil, quietly: most machines lack most things. What a driver cannot tell at
// this moment (the speed of a link that is down) is nil as well. What somebody should know (no permission, a pipe in
// the place of a file, a file without end) is nil and a sentence among the section's problems.

internal import Linux

/// The files of one machine, and the section that they make.
struct TreeReader {
  let context: InventoryContext
  private var content = SectionContent()
  private var problems: [Problem] = []
  private var problemsLeftOut = 0
  /// What stands for the names of devices that the consent hashes or drops.
  private var replacements: [String: String] = [:]
  /// Programs that did not answer in time.
  var silentPrograms: Set<SystemProgram> = []

  init(_ context: InventoryContext) { self.context = context }

  /// Whether this is the machine that runs here, so that its system calls and programs belong to its files.
  var isRunningMachine: Bool { context.kernelRoot.isEmpty }

  /// Whether every signal of a name or a pattern may be told.
  func permits(_ signals: String) -> Bool { context.permits(signals) }

  /// What the consent makes of an attribute's value; nil when it is dropped.
  mutating func shown(_ key: String, _ value: String) -> String? {
    let shown = context.shown(key, value)
    if shown != value, let name = value.split(separator: "/").last {
      replacements[String(name)] = shown ?? "(left out)"
    }
    return shown
  }

  private struct Problem: Equatable {
    /// Of the file or folder that the text goes on about; empty when the text stands alone.
    let path: String
    let text: String
  }

  // MARK: what is read

  /// The first `limitBytes` of a regular file; with a problem when it is longer.
  mutating func bytes(
    _ path: String, limitBytes: Int = InventoryLimits.tableBytesMax
  ) -> [UInt8]? {
    do throws(SystemError) {
      let file = try FileDescriptor.open(context.kernelRoot + path, .readOnlyPlain)
      let state = try file.state()
      guard state.isRegularFile else {
        problem(of: path, " is \(state.kind), not a file: not read")
        return nil
      }
      let start = try file.readStart(limitBytes: limitBytes)
      if !start.isWhole {
        problem(
          of: path, " is longer than \(Amount.bytes(Int64(limitBytes))): the rest is left out")
      }
      return start.bytes
    } catch {
      if !error.isOrdinary { problem(of: path, ": \(error.reason)") }
      return nil
    }
  }

  /// A file as text; nil when it is absent or empty.
  mutating func text(
    _ path: String, limitBytes: Int = InventoryLimits.tableBytesMax
  ) -> String? {
    guard let bytes = bytes(path, limitBytes: limitBytes), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The lines of a file; none when it is absent.
  mutating func lines(
    _ path: String, limitBytes: Int = InventoryLimits.tableBytesMax
  ) -> [Substring] {
    (text(path, limitBytes: limitBytes) ?? "").lines.filter { !$0.isEmpty }
  }

  /// The first line of a small file without blanks around it; nil when there is nothing in it.
  mutating func line(_ path: String) -> String? {
    guard let bytes = bytes(path, limitBytes: InventoryLimits.valueBytesMax) else { return nil }
    // The device tree ends its strings with a zero byte.
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
    let text = String(decoding: line, as: UTF8.self).trimmed
    return text.isEmpty ? nil : text
  }

  /// The whole number that is all there is in a file's first line.
  mutating func number(_ path: String) -> Int64? { line(path).flatMap { Int64($0) } }

  /// The names in a folder, in alphabetical order.
  mutating func names(_ folder: String, max limit: Int = InventoryLimits.rowsMax) -> [String] {
    do throws(SystemError) {
      let names = try Directory.entries(context.kernelRoot + folder)
      if names.count > limit {
        problem(of: folder, " has \(names.count) entries: only \(limit) of them are looked at")
      }
      return Array(names.prefix(limit))
    } catch {
      problem(of: folder, ": \(error.reason)")
      return []
    }
  }

  /// The names in a folder that are these letters and a number, in the order of their numbers: "hwmon2", "hwmon10".
  mutating func numbered(_ prefix: String, in folder: String) -> [String] {
    names(folder).filter { name in
      name.hasPrefix(prefix) && !name.dropFirst(prefix.count).isEmpty
        && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
    .sorted { ($0.count, $0) < ($1.count, $1) }
  }

  func exists(_ path: String) -> Bool {
    ((try? FileState.of(context.kernelRoot + path)) ?? nil) != nil
  }

  /// The last part of where a symbolic link leads: the name of a driver, of a bus.
  func link(_ path: String) -> String? {
    Directory.destination(ofLink: context.kernelRoot + path)?.split(separator: "/").last
      .map(String.init)
  }

  /// The file at which a path ends once its links are followed, or nil when they lead out of the tree.
  func resolved(_ path: String) -> String? {
    guard let end = try? Directory.way(to: context.kernelRoot + path).end,
      end.hasPrefix(context.kernelRoot + "/")
    else { return nil }
    return String(end.dropFirst(context.kernelRoot.count))
  }

  // MARK: what is found

  /// The section. A path has the names of devices in it, which are shown as everywhere else.
  consuming func finished() -> SectionContent {
    content.problems = problems.map { shownPath($0.path) + $0.text }
    if problemsLeftOut > 0 { content.problems.append("\(problemsLeftOut) more of this kind") }
    return content
  }

  private func shownPath(_ path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false)
      .map { replacements[String($0)] ?? String($0) }.joined(separator: "/")
  }

  /// - Parameter path: what stands before the sentence, without the tree's root.
  mutating func problem(of path: String = "", _ text: String) {
    let problem = Problem(path: path, text: text)
    guard !problems.contains(problem) else { return }
    if problems.count < InventoryLimits.problemsMax {
      problems.append(problem)
    } else {
      problemsLeftOut += 1
    }
  }

  /// Adds names and values; without any, nothing.
  mutating func add(_ title: String, fields: [SectionContent.Field?]) {
    let fields = fields.compactMap(\.self)
    if !fields.isEmpty { content.blocks.append(.fields(title: title, fields)) }
  }

  /// Adds a table of at most `limit` rows; without any, nothing.
  mutating func add(
    _ title: String, columns: [String], rows: [[String]], limit: Int = InventoryLimits.rowsMax
  ) {
    guard !rows.isEmpty else { return }
    if rows.count > limit {
      problem("\(title): \(rows.count) rows, of which \(rows.count - limit) are left out")
    }
    content.blocks.append(
      .table(title: title, columns: columns, rows: Array(rows.prefix(limit))))
  }

  mutating func add(_ title: String, text: String) {
    content.blocks.append(.text(title: title, text))
  }
}

extension SectionContent.Field {
  /// Nil when there is no value.
  init?(_ name: String, ifAny value: String?) {
    guard let value else { return nil }
    self.init(name, value)
  }
}

extension SystemError {
  /// The kernel's own words for it.
  var reason: String {
    let text = description
    guard let colon = text.lastIndex(of: ":") else { return text }
    return String(text[colon...].dropFirst(2))
  }
}

extension String {
  /// The lines, the empty ones too. By bytes: for Swift "\r\n" is one character, and no line break.
  var lines: [Substring] {
    utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { Substring($0) }
  }
}

extension StringProtocol {
  /// Without white space around it.
  var trimmed: String {
    let start = drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
