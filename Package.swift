// swift-tools-version: 6.2
import PackageDescription

// Warnings become errors in CI (`.ci/run`), not here: a packager with a newer compiler must still be able to build.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let sourceSettings = settings + [.strictMemorySafety()]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: sourceSettings)
}

func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
    swiftSettings: settings)
}

let package = Package(
  name: "accord",
  products: [
    .executable(name: "accordd", targets: ["accordd"]),
    .executable(name: "accord", targets: ["accord"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // C: a module map and a shim header each.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CMD", providers: [.apt(["libmd-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    // The ground floor: one owner for each C library. The only modules with `unsafe`.
    module("Linux", ["CLinux"]),
    module("SQLite", ["CSQLite"]),
    module("Compression", ["CZlib"]),
    module("Digest", ["CMD"]),
    module("HTTPS", ["CCurl"]),

    // Words, and text in and out. They import nothing.
    module("Telemetry"),
    module("TOML"),
    module("JSON"),
    module("Archive"),
    module("Scrubbing"),

    // One verb each.
    module("Handshake", ["Telemetry", "TOML", "Digest", "Linux"]),
    module("Sampling", ["Telemetry", "Linux"]),
    module("OTLP", ["Telemetry"]),
    module("Configuration", ["Telemetry", "TOML", "Linux"]),
    module("Health", ["Telemetry"]),
    module("Inventory", ["Telemetry", "Linux"]),
    module(
      "Recording", ["Handshake", "Telemetry", "JSON", "SQLite", "Compression", "Digest", "Linux"]),
    module(
      "Delivery",
      [
        "Recording", "Handshake", "Configuration", "OTLP", "HTTPS", "Telemetry", "JSON", "SQLite",
        "Compression", "Digest", "Linux",
      ]),
    module(
      "Diagnostics",
      [
        "Delivery", "Recording", "Handshake", "Configuration", "Health", "HTTPS", "Telemetry",
        "TOML", "Linux",
      ]),
    module(
      "Reporting",
      ["Health", "Recording", "Handshake", "Telemetry", "JSON", "Linux"]),
    module(
      "Dump",
      [
        "Recording", "Handshake", "Configuration", "Scrubbing", "Archive", "Telemetry", "JSON",
        "Compression", "Digest", "Linux",
      ]),
    module(
      "Daemon",
      [
        "Recording", "Handshake", "Sampling", "Configuration", "Telemetry", "JSON", "SQLite",
        "Digest", "Linux",
      ]),

    // The two programs.
    .executableTarget(
      name: "accordd", dependencies: ["Daemon", "Configuration", "Linux"],
      swiftSettings: sourceSettings),
    .executableTarget(
      name: "accord",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        "Daemon", "Diagnostics", "Delivery", "Dump", "Reporting", "Health", "Inventory",
        "Scrubbing", "Archive", "Recording", "Handshake", "Sampling", "Configuration",
        "Compression", "Telemetry", "TOML", "JSON", "Digest", "Linux",
      ], swiftSettings: sourceSettings),

    // Measurements that need the modules from inside. Not a product.
    .executableTarget(
      name: "benchmark-program",
      dependencies: [
        "Daemon", "Delivery", "Recording", "Handshake", "Configuration", "Compression", "Telemetry",
        "JSON", "SQLite", "Linux",
      ], path: "Tests/Benchmarks/Program", swiftSettings: settings),

    // What several test suites share.
    .target(
      name: "TestSupport", dependencies: ["Linux"], path: "Tests/TestSupport",
      swiftSettings: settings),
    // Asked by ProgramTests.
    .executableTarget(
      name: "TOMLVerdicts", dependencies: ["TOML", "JSON"], path: "Tests/TOMLVerdicts",
      swiftSettings: settings),

    tests(of: "Linux", ["TestSupport"]),
    tests(of: "SQLite", ["TestSupport"]),
    tests(of: "Compression", ["TestSupport"]),
    tests(of: "Digest", ["TestSupport"]),
    tests(of: "Telemetry"),
    tests(of: "JSON", ["TestSupport"]),
    tests(of: "Archive", ["Compression", "TestSupport"]),
    tests(of: "Scrubbing", ["TestSupport"]),
    tests(of: "Health", ["Telemetry"]),
    tests(of: "Inventory", ["Telemetry", "Linux", "TestSupport"]),
    tests(
      of: "Reporting",
      ["Health", "Recording", "Handshake", "Telemetry", "Linux", "TestSupport"],
      exclude: ["report.png"]),
    tests(
      of: "Dump",
      [
        "Archive", "Scrubbing", "Compression", "Configuration", "Handshake", "Telemetry", "Linux",
        "TestSupport",
      ]),
    tests(of: "Sampling", ["Telemetry", "Linux", "TestSupport"]),
    tests(of: "Configuration", ["Telemetry", "TestSupport"]),
    tests(of: "TOML", ["TestSupport"]),
    tests(of: "OTLP", ["Telemetry", "TestSupport"]),
    tests(of: "Handshake", ["Telemetry", "TOML", "Digest", "Linux", "TestSupport"]),
    tests(
      of: "Recording",
      [
        "Handshake", "Telemetry", "TOML", "JSON", "SQLite", "Compression", "Digest", "Linux",
        "TestSupport",
      ]),
    tests(
      of: "Delivery",
      [
        "Recording", "Handshake", "Configuration", "OTLP", "HTTPS", "Telemetry", "SQLite",
        "Compression", "Linux", "TestSupport",
      ]),
    tests(of: "Diagnostics"),
    tests(
      of: "Daemon",
      ["Recording", "Handshake", "Configuration", "Telemetry", "SQLite", "Linux", "TestSupport"]),
    tests(of: "HTTPS", exclude: ["server.py"]),
    // Both programs on one appliance.
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Daemon", "Delivery", "Recording", "Handshake", "Configuration", "HTTPS", "Telemetry",
        "SQLite", "Compression", "Digest", "Linux", "TestSupport",
      ], swiftSettings: settings),
  ]
)
