// What the history of this boot held some time ago.

import Linux
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

private struct FixedClock: Clock {
  var bootTimeMilliseconds: Int64
  var wallTimeMilliseconds: Int64 { 1_700_000_000_000 + bootTimeMilliseconds }
  var isSynchronised: Bool { true }
  var boot = "boot-1"
  func bootID() throws(SystemError) -> String { boot }
}

@Suite("Earlier readings")
struct EarlierReadingsTests {
  private let signal = Catalog.signal("system.process.created")!

  /// An hour and a half of a counter that rises with each tick, sealed each minute.
  private func recorded() throws -> Appliance {
    let appliance = try Appliance()
    try appliance.agree(agreement(environment: "local"))
    for tick in 1...540 {
      appliance.tick(signal, Int64(tick))
      if tick % 6 == 0 { try appliance.seal() }
    }
    return appliance
  }

  private func value(_ appliance: Appliance, _ clock: FixedClock, within milliseconds: Int64) throws
    -> Int64?
  {
    let found = try EarlierReadings.of(
      .environment, notOlderThan: milliseconds, clock: clock, appliance.directory)
    guard let found else { return nil }
    #expect(found.bootTimeMilliseconds >= clock.bootTimeMilliseconds - milliseconds)
    #expect(found.readings.map(\.key.signal) == [signal.name])
    return found.readings.first?.value
  }

  @Test func `the oldest that is not too old is given`() throws {
    let appliance = try recorded()
    let now = FixedClock(bootTimeMilliseconds: appliance.bootTime)
    #expect(try value(appliance, now, within: 3_600_000) == 180)
    #expect(try value(appliance, now, within: 10_000_000) == 1)
    #expect(try value(appliance, now, within: 25_000) == 538)
    #expect(try value(appliance, now, within: 0) == 540)
  }

  @Test func `nothing is given of another boot, of long ago, and of what is denied`() throws {
    let appliance = try recorded()
    var clock = FixedClock(bootTimeMilliseconds: appliance.bootTime)
    clock.boot = "boot-2"
    #expect(try value(appliance, clock, within: 3_600_000) == nil)
    clock = FixedClock(bootTimeMilliseconds: appliance.bootTime + 3_600_001)
    #expect(try value(appliance, clock, within: 3_600_000) == nil)
    let product = try EarlierReadings.of(
      .product, notOlderThan: 3_600_000, clock: clock, appliance.directory)
    #expect(product == nil)
  }

  @Test func `an appliance that never recorded anything has nothing to give`() throws {
    let clock = FixedClock(bootTimeMilliseconds: 1)
    let found = try EarlierReadings.of(
      .environment, notOlderThan: 1, clock: clock, StateDirectory(Shelf().path))
    #expect(found == nil)
  }
}
