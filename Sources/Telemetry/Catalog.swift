// The data dictionary: every signal that the agent can produce, and nothing else can be sampled.
//
// Names, units, instruments and attributes follow OpenTelemetry semantic conventions 1.44
// (https://opentelemetry.io/docs/specs/semconv/system/ and …/hardware/), where every `system.*` and `hw.*`
// metric still has the status Development. Where the conventions have no name:
// - load averages, inodes and pressure have the names of the OpenTelemetry Collector's hostmetrics receiver
//   (pressure: those of its proposal, open-telemetry/opentelemetry-collector-contrib#42779);
// - the rest begins with `accord.`, because nobody may add names to a convention's own.
// `system.network.packet.count` really does call the interface `system.device` where its siblings say
// `network.interface.name`: that is how the convention stands.
//
// Left out on purpose:
// - `*.utilization`: a ratio of two signals that are there, which every receiver can form;
// - `cpu.logical_number` of CPU time: opt-in by the conventions, and 448 series on 64 cores where 7 answer
//   the question;
// - `system.cpu.frequency` from /proc/cpuinfo, where there is no cpufreq: the kernel measures it on each
//   processor for as long as 20 ms while the file is read;
// - what needs privileges: RAPL energy, serial numbers, SMART.

package enum Catalog {
  /// The version of the conventions, for OTLP's `schema_url`.
  package static let schemaURL = "https://opentelemetry.io/schemas/1.44.0"

  package static let signals: [Signal] =
    facts + [uptime] + cpu + pressure + memory + paging + disk + fileSystem + network + system
    + hardware

  /// The signal of that name, if there is one.
  package static func signal(_ name: String) -> Signal? { signals.first { $0.name == name } }
}
