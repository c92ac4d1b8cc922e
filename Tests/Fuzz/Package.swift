// swift-tools-version: 6.2
// A package of its own: libFuzzer brings the main function, which `swift test` of the real one could not bear. Its
// Sources is a link to the real ones, so that what they keep to their package is at hand here too.
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(name)",
    swiftSettings: settings + [.strictMemorySafety()])
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path,
    swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
  name: "accord",
  targets: [
    .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
    .systemLibrary(name: "CMD", path: "Sources/CMD"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
    module("Linux", ["CLinux"]),
    module("Compression", ["CZlib"]),
    module("Digest", ["CMD"]),
    module("Telemetry"),
    module("TOML"),
    module("Archive"),
    module("Scrubbing"),
    module("Handshake", ["Telemetry", "TOML", "Digest", "Linux"]),
    program("fuzz", ["Handshake", "Telemetry", "TOML"], path: "Program"),
    program("fuzz-scrubber", ["Scrubbing"], path: "Scrubber"),
    program("fuzz-archive", ["Archive", "Compression"], path: "Archive"),
  ]
)
