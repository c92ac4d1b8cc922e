import Glibc
import TestSupport
import Testing

@Suite("No leak, ever")
struct SimulationTests {
  /// Steps of one appliance, each tick among them. Each begins with an empty disk; ten make a run.
  static let steps = 1_000

  static let random = UInt64.random(in: 1...UInt64(UInt32.max))

  /// Ten appliances with the seeds 1 to 10, and ten whose seeds are random; or the one that somebody wants again.
  static let seeds: [UInt64] = {
    if let wanted = getenv("ACCORD_SIMULATION_SEED"), let seed = UInt64(String(cString: wanted)) {
      return [seed]
    }
    return Array(1...10) + (0..<10).map { random + $0 }
  }()

  @Test("nothing is kept, shown or sent that the agreement does not cover", arguments: seeds)
  func noLeak(seed: UInt64) throws {
    let appliance = try SimulatedAppliance(seed: seed)
    do {
      while appliance.stepCount < Self.steps { try appliance.step() }
    } catch {
      let steps = appliance.steps.suffix(30).joined(separator: "\n  ")
      Issue.record(
        """
        \(error)
        Repeat it with ACCORD_SIMULATION_SEED=\(seed). The last steps were
          \(steps)
        """)
      return
    }
    print(
      """
      seed \(seed): \(appliance.moments.count) ticks, \(appliance.records.readings) readings sealed, \
      \(appliance.records.deletions) deletions, \(appliance.wire.requests) requests, \
      \(appliance.wire.points) points sent, \(appliance.wire.stops) transfers stopped
      """)
    // A simulation in which nothing happens would find nothing.
    #expect(appliance.records.readings > 1_000)
    #expect(appliance.wire.points > 50)
  }
}
