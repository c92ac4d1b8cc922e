internal import Dump
internal import FoundationEssentials

/// manifest.json of a dump, as `Dump.Manifest` writes it. What this version does not know is passed over.
struct InspectedManifest: Decodable {
  struct File: Decodable {
    let path: String
    let bytes: Int64
    let sha256: String
  }

  struct Section: Decodable {
    let name: String
    let title: String
    let source: String?
    let status: String
    let reason: String
    let durationMs: Int64
    let files: [File]
    let problems: [String]?

    /// Saturating: the figures are somebody else's.
    var bytes: Int64 { files.reduce(0) { $0 &+ max(0, min($1.bytes, 1 << 40)) } }
  }

  struct Agreement: Decodable {
    let state: String
    let fingerprint: String?
    let sources: [String: String]
  }

  struct Override: Decodable {
    let until: String
  }

  let format: String
  let version: Int64
  let made: String
  let `case`: String?
  let agentVersion: String
  let agreement: Agreement
  let override: Override?
  let isLocalIncluded: Bool
  let hasLogs: Bool
  let since: String
  let command: [String]
  let sections: [Section]

  static let newestVersion: Int64 = 1

  /// A file takes 200 bytes of it, and each history has 1,000 at most; the problems of a section take up to 10 KiB.
  private static let bytesMax = 4 * 1024 * 1024
  /// Sections, and sources of the agreement: a dump has some 30, and 7.
  private static let entriesMax = 200

  /// The manifest, or why it is none.
  static func read(_ content: [UInt8]) -> Result<InspectedManifest, ReadFailure> {
    guard content.count <= bytesMax else {
      return .failure(ReadFailure(tooLarge: "manifest", bytesMax))
    }
    let manifest: InspectedManifest
    do { manifest = try decoder.decode(InspectedManifest.self, from: Data(content)) } catch {
      return .failure(ReadFailure(reason: "manifest.json is not a dump's manifest"))
    }
    guard manifest.format == "accord-dump" else {
      return .failure(ReadFailure(reason: "manifest.json is not a dump's manifest"))
    }
    guard manifest.version <= newestVersion else {
      return .failure(
        ReadFailure(
          reason: "the dump's form is \(manifest.version), newer than this version of accord reads"
        ))
    }
    let counts = [
      (manifest.sections.count, "sections"), (manifest.agreement.sources.count, "sources"),
    ]
    for (count, things) in counts where count > entriesMax {
      return .failure(
        ReadFailure(reason: "the manifest names \(count) \(things): no dump's has so many"))
    }
    return .success(manifest)
  }

  struct ReadFailure: Error {
    let reason: String

    init(reason: String) { self.reason = reason }

    init(tooLarge what: String, _ bytesMax: Int) {
      reason =
        "the \(what) has more than \(Output.size(Int64(bytesMax))): no dump's is so large"
    }
  }

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

/// What of summary.json is shown: what was wrong with the appliance, worst first.
struct InspectedSummary: Decodable {
  struct Finding: Decodable {
    let level: String
    let source: String?
    let subject: String
    let sentence: String
    let remedy: String
  }

  let health: [Finding]

  /// The summary, or why it is not looked at. One that is none is nil: the manifest says whether it was cut.
  static func read(
    _ content: [UInt8]
  ) -> Result<InspectedSummary?, InspectedManifest.ReadFailure> {
    guard content.count <= DumpLimits.fileBytesMax else {
      return .failure(.init(tooLarge: "summary", DumpLimits.fileBytesMax))
    }
    return .success(
      try? InspectedManifest.decoder.decode(InspectedSummary.self, from: Data(content)))
  }
}
