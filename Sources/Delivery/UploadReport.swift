package import Telemetry

/// What a run did.
package struct UploadReport: Equatable, Sendable {
  /// What one source sent.
  package struct Sent: Equatable, Sendable {
    package let source: DataSource
    package var requests: Int64 = 0
    package var batches: Int64 = 0
    package var readings: Int64 = 0
    /// Compressed, as they went over the wire.
    package var bytes: Int64 = 0
    /// Readings that the receiver took the request for and did not keep.
    package var rejected: Int64 = 0
  }

  package internal(set) var sent: [Sent] = []
  /// What a person should know, a sentence each.
  package internal(set) var notes: [String] = []
  /// Why the run ended before everything was delivered, nil when nothing is left.
  package internal(set) var stopped: String?
  /// Until when this run leaves the receiver alone, Unix milliseconds. That is no failure.
  package internal(set) var waitsUntilMilliseconds: Int64?
  package internal(set) var waitsFor: UploadSchedule.Wait?
  /// Why the agreement allowed nothing more at the end, nil when it still shares something.
  package internal(set) var refusal: UploadRefusal?
}
