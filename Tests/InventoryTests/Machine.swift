import Foundation
import Inventory
import TestSupport

let fixtures =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
  + "/Fixtures"

/// The root of a captured machine.
func captured(_ machine: String) -> String { fixtures + "/" + machine }

func collect(
  _ name: String, root: String, units: [String] = [], since: Int64 = 0,
  shown: @escaping @Sendable (String, String) -> String? = { key, value in
    key == "host.ip" ? nil : value
  },
  permits: @escaping @Sendable (String) -> Bool = { _ in true }
) -> SectionContent {
  let context = InventoryContext(
    kernelRoot: root, productUnits: units, sinceMilliseconds: since, permits: permits, shown: shown)
  return InventorySections.all.first { $0.name == name }!.collect(context)
}

extension SectionContent {
  /// The rows of a table, each as a dictionary by the columns' heads.
  func rows(_ title: String) -> [[String: String]] {
    for case .table(title, let columns, let rows) in blocks {
      return rows.map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
    }
    return []
  }

  /// The only row of which a column says this.
  func row(_ title: String, _ column: String, _ value: String) -> [String: String] {
    let found = rows(title).filter { $0[column] == value }
    return found.count == 1 ? found[0] : [:]
  }

  func fields(_ title: String) -> [String: String] {
    for case .fields(title, let fields) in blocks {
      return Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
    }
    return [:]
  }

  func freeText(_ title: String) -> String? {
    for case .text(title, let text) in blocks { return text }
    return nil
  }

  var text: String { SectionText.text(of: self, title: "section") }
}

/// A machine whose kernel files a test writes.
struct MadeMachine {
  let tree: TemporaryDirectory

  init(_ files: [String: String] = [:]) throws {
    tree = try TemporaryDirectory()
    try add(files)
  }

  var root: String { tree.path }

  func add(_ files: [String: String]) throws {
    for (path, content) in files { try tree.write(String(path.dropFirst()), content) }
  }

  /// A symbolic link, with the folders above it.
  func link(_ path: String, to target: String) throws {
    let link = URL(fileURLWithPath: tree.path + path)
    try FileManager.default.createDirectory(
      at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: target)
  }

  func collect(_ name: String, units: [String] = []) -> SectionContent {
    InventoryTests.collect(name, root: root, units: units)
  }
}
