// The modules of the two programs, run in ways that only a measurement asks for. Not a product.
//
//   benchmark-program ticks PREFIX KERNEL-ROOT COUNT   COUNT ticks, 10 s apart by a clock of its own, sealed each minute
//   benchmark-program encode PREFIX                    what waits in the spool as bodies: CPU of it all, and of zlib alone
//   benchmark-program week PREFIX                      a week of an appliance below PREFIX, for report and dump

import Compression
import Configuration
import Daemon
import Delivery
import Glibc
import Handshake
import Linux
import Recording
import Telemetry

/// A clock that moves only when it is told to.
private final class SteppedClock: Clock {
  var bootTimeMilliseconds: Int64 = 1_000_000
  /// 2026-11-21 00:00 UTC.
  var wallTimeMilliseconds: Int64 = 1_795_219_200_000
  let isSynchronised = true

  func advance(_ milliseconds: Int64) {
    bootTimeMilliseconds += milliseconds
    wallTimeMilliseconds += milliseconds
  }
}

@main
enum BenchmarkProgram {
  static func main() throws {
    let arguments = CommandLine.arguments
    switch (arguments.dropFirst().first, arguments.count) {
    case ("ticks", 5):
      guard let count = Int(arguments[4]) else { fallthrough }
      try runTicks(Locations(prefix: arguments[2]), KernelRoot(arguments[3]), count)
    case ("encode", 3): try encode(Locations(prefix: arguments[2]))
    case ("week", 3): try SyntheticWeek.write(Locations(prefix: arguments[2]))
    default:
      Process.print(
        "usage: benchmark-program ticks PREFIX KERNEL-ROOT COUNT | encode PREFIX | week PREFIX\n",
        to: 2)
      Process.exit(2)
    }
  }

  /// Ends without a last seal: the number of seals follows from the number of ticks alone.
  private static func runTicks(
    _ locations: Locations, _ kernelRoot: KernelRoot, _ count: Int
  ) throws {
    let settings = try Settings.read(locations.settings)
    let clock = SteppedClock()
    var agent = try Agent.start(
      locations, kernelRoot: kernelRoot, settings: settings, clock: clock, log: .standardError)
    for _ in 0..<count {
      agent.tick()
      clock.advance(settings.tickMilliseconds)
    }
  }

  /// Prints one JSON object. The repetitions alternate, so that whatever else the machine does falls on both.
  private static func encode(_ locations: Locations) throws {
    let state = StateDirectory(locations.state)
    guard let outbox = try Outbox.openForDelivery(state),
      let pseudonym = try Identity.current(state)
    else {
      Process.print("nothing was recorded below this prefix\n", to: 2)
      Process.exit(1)
    }
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      record: state.acceptanceRecord, trusting: TrustedOwners(prefix: locations.prefix))
    let clock = SystemClock()
    _ = watch.refresh(
      bootTimeMilliseconds: clock.bootTimeMilliseconds, nowMilliseconds: clock.wallTimeMilliseconds)
    let batches = try outbox.pending(.environment, after: 0, limit: 10_000)
    try outbox.fixCounterStarts(for: batches)

    func body(_ batches: [BatchSummary]) throws -> RequestBody {
      try RequestBody(of: batches, from: outbox, watch.agreement, pseudonym: pseudonym)
    }
    var compressor = Compressor(.gzip)
    let whole = try body(batches)
    var (all, zlibAlone): ([Int64], [Int64]) = ([], [])
    for _ in 0..<31 {
      let begun = cpuNanoseconds()
      _ = compressor.compress(try body(batches).bytes)
      let encoded = cpuNanoseconds()
      _ = compressor.compress(whole.bytes)
      all.append(encoded - begun)
      zlibAlone.append(cpuNanoseconds() - encoded)
    }
    // What a peer sends that makes a request of each interval.
    var single = 0
    for batch in batches { single += compressor.compress(try body([batch]).bytes).count }
    let gzipBytes = compressor.compress(whole.bytes).count
    Process.print(
      """
      {"readings": \(whole.readings), "batches": \(batches.count), "raw_bytes": \(whole.bytes.count), \
      "gzip_bytes": \(gzipBytes), "single_gzip_bytes": \(single), \
      "encode_and_gzip_ns": \(all.sorted()[15]), "zlib_ns": \(zlibAlone.sorted()[15])}

      """, to: 1)
  }

  private static func cpuNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
