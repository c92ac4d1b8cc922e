// The process of one section of a dump: collects it and writes it to standard output, for `accord dump` to read. It asks
// the agreement itself what may be shown, so that nothing else ever reaches the process that writes the archive.

internal import ArgumentParser
internal import Dump
internal import Linux

struct DumpSectionCommand: InstallationCommand {
  static let name = "dump-section"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Part of `accord dump`.", shouldDisplay: false)

  @OptionGroup var installation: InstallationOptions
  @Argument var section: String
  @Option var kernelRoot = "/"
  @Option var sinceMs: Int64 = 0
  @Option(parsing: .singleValue) var productUnit: [String] = []
  @Option var parent: Int32?
  @Flag var includeLocal = false
  @Flag var overridden = false

  func run() throws {
    Process.limitMemory(bytes: DumpLimits.sectionMemoryBytesMax)
    guard let section = DumpSections.all.first(where: { $0.name == section }) else {
      throw CommandFailure(.usage, "there is no section '\(section)'")
    }
    if overridden { try DumpCommand.checkMayOverride(installation.locations) }
    let work = SectionWork(self, section)
    do {
      if section.rights == .agent { return try work.collect() }
      try Rights.ofCaller { try work.collect() }
    } catch {
      SectionWriter.failed((error as? CommandFailure)?.message ?? "\(error)")
      throw CommandFailure(.failed, "")
    }
  }
}
