import Configuration
import Glibc
import Linux
import Recording
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import Daemon

@Suite("The agent when something is in the way")
struct RecordingTroubleTests {
  @Test("stopping seals what is in memory, and says in the status file that nobody runs")
  func stop() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 40)
    #expect(try appliance.batches(appliance.state.history, .product) == 0)
    #expect(appliance.status.contains("\"is_running\":true"))
    appliance.stop()
    #expect(try appliance.batches(appliance.state.history, .product) == 1)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 1)
    #expect(appliance.status.contains("\"is_running\":false"))
  }

  @Test("stopping while the disk refuses says that what is in memory is lost")
  func stopRefused() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 40)
    let other = try Database(appliance.state.history, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    #expect(!appliance.stop())
    #expect(appliance.journal.count("stopped, and the readings in memory are lost: ") == 1)
    try other.execute("ROLLBACK")
    #expect(appliance.stop())
  }

  @Test(
    "a database that somebody removes is begun anew, and the journal says what that cost",
    arguments: ["/private/history.db", "/spool.db"])
  func removed(name: String) throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    let path = appliance.locations.state + name
    for suffix in ["", "-wal", "-shm"] { try AtomicFile.remove(path + suffix) }
    appliance.run(seconds: 180)
    #expect(appliance.journal.count("was removed or replaced while in use") == 1)
    #expect(try appliance.batches(path, .environment) >= 1)
    // The other database has everything.
    let other =
      appliance.locations.state + (name == "/spool.db" ? "/private/history.db" : "/spool.db")
    #expect(try appliance.batches(other, .environment) >= 4)
  }

  @Test(
    "while another program holds a database, sampling goes on in memory, and nothing is lost afterwards"
  )
  func locked() throws {
    for path in ["/private/history.db", "/spool.db", "/ledger.db"] {
      let appliance = try Appliance(consent: consent())
      appliance.run(seconds: 60)
      let other = try Database(
        appliance.locations.state + path, .readWrite, busyTimeoutMilliseconds: 0)
      try other.execute("BEGIN IMMEDIATE")
      appliance.run(seconds: 600)
      try other.execute("ROLLBACK")
      appliance.run(seconds: 60)
      for database in [appliance.state.history, appliance.state.spool] {
        #expect(
          try appliance.integer(
            database, "SELECT max(last_ms) - min(first_ms) FROM batches WHERE source = 1")
            == 710_000, "\(path)")
        let ticks = try appliance.integer(
          database, "SELECT sum(readings) FROM batches WHERE source = 0")
        #expect(ticks == 72, "\(path)")
      }
      #expect(appliance.status.contains("\"recording_problem\":null"))
      if path != "/ledger.db" {
        #expect(appliance.journal.count("readings are kept in memory until it is mended") == 1)
        #expect(appliance.journal.count("readings are written to the disk again") == 1)
      }
    }
  }

  @Test("a history that refuses does not keep the spool from being sealed")
  func independent() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let other = try Database(appliance.state.history, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    appliance.run(seconds: 120)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 3)
    #expect(try appliance.batches(appliance.state.history, .environment) == 1)
  }

  @Test("while the agreement cannot be written down nothing is sampled under it, and then it is")
  func agreementCannotBeWritten() throws {
    let appliance = try Appliance(consent: consent(environment: "deny"))
    appliance.run(seconds: 60)
    let other = try Database(appliance.state.ledger, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    appliance.consent(consent())
    appliance.clock.advance(10_000)
    appliance.run(seconds: 20)
    try other.execute("ROLLBACK")
    #expect(appliance.journal.says("nothing is sampled until the agreement can be written down"))
    appliance.run(seconds: 120)
    appliance.stop()
    #expect(
      try appliance.integer(
        appliance.state.history, "SELECT min(first_ms) FROM batches WHERE source = 1") == 1_100_000)
    #expect(try appliance.ledger().count { $0 == "grant-opened" } == 2)
  }

  @Test(
    "a damaged database is set aside at the start, the ledger says so, and recording goes on",
    arguments: ["private/history.db", "spool.db"])
  func damaged(_ name: String) throws {
    let appliance = try Appliance(consent: consent())
    appliance.stop()
    for suffix in ["-wal", "-shm"] {
      appliance.remove(appliance.locations.state + "/" + name + suffix)
    }
    try AtomicFile.replace(
      appliance.locations.state + "/" + name, with: [UInt8](repeating: 0x5a, count: 9_000),
      mode: 0o644, durability: .volatile)
    try appliance.restart(stopping: false)
    appliance.run(seconds: 120)
    #expect(access(appliance.locations.state + "/\(name).damaged-1", F_OK) == 0)
    #expect(try appliance.batches(appliance.state.history, .product) == 2)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 2)
    #expect(try appliance.ledger().contains("database-set-aside"))
    #expect(appliance.journal.says("\(name) was damaged"))
  }

  @Test("a database of a newer form stops the start with one sentence and is left as it is")
  func newerForm() throws {
    let error = #expect(throws: StartError.self) {
      _ = try Appliance(consent: consent()) { locations in
        let newer = try! Database(
          locations.state + "/spool.db", .readWrite, busyTimeoutMilliseconds: 0)
        try! newer.execute(
          "CREATE TABLE t (x); PRAGMA application_id = 0x41435350; PRAGMA user_version = 9")
      }
    }
    #expect(
      "\(error!)".hasSuffix(
        "/spool.db has the form 9 of a newer accord; install that version, or move the file away"))
  }

  @Test("a kernel file that is missing or malformed costs its own readings only, and is told once")
  func kernelFiles() throws {
    let appliance = try Appliance(consent: consent())
    appliance.remove(appliance.prefix + "/kernel/proc/meminfo")
    appliance.write("nonsense\n", to: appliance.prefix + "/kernel/proc/loadavg")
    appliance.run(seconds: 120)
    func count(_ signals: String) throws -> Int64 {
      try appliance.integer(
        appliance.state.history, "SELECT count(*) FROM series WHERE signal GLOB '\(signals)'")
    }
    #expect(try count("system.memory.*") == 0)
    #expect(try count("system.cpu.load_average.*") == 0)
    #expect(try count("system.network.*") > 0)
    #expect(appliance.journal.count("/proc/meminfo is not there") == 1)
    #expect(appliance.journal.count("/proc/loadavg is malformed") == 1)
    appliance.write(smallMachine["/proc/meminfo"]!, to: appliance.prefix + "/kernel/proc/meminfo")
    appliance.run(seconds: 120)
    #expect(try count("system.memory.*") > 0)
  }

  @Test("files that only denied or withheld signals come from are not even opened")
  func notOpened() throws {
    let appliance = try Appliance(
      consent: consent(
        product: "deny", more: "[withhold]\nsignals = [\"system.memory.*\", \"system.network.*\"]"))
    // A directory in their place would be a failure of the probe that opens it.
    for name in ["/proc/meminfo", "/proc/net/dev", "/proc/uptime", "/etc/os-release"] {
      appliance.remove(appliance.prefix + "/kernel" + name)
      mkdir(appliance.prefix + "/kernel" + name, 0o755)
    }
    appliance.run(seconds: 120)
    #expect(
      !appliance.journal.lines.contains {
        $0.contains("/proc/meminfo") || $0.contains("/proc/uptime") || $0.contains("net/dev")
      })
    #expect(try appliance.batches(appliance.state.history, .environment) == 2)
  }

  @Test("ten days under a small quota stay within it")
  func tenDays() throws {
    var settings = Settings()
    settings.historyQuotaBytes = 256 * 1024
    settings.spoolQuotaBytes = 256 * 1024
    settings.tickMilliseconds = 60_000
    settings.sealMilliseconds = 600_000
    let appliance = try Appliance(consent: consent(), settings: settings)
    for _ in 0..<(10 * 24 * 60 / 10) {
      appliance.clock.advance(590_000)
      appliance.run(seconds: 10)
    }
    for name in ["private/history.db", "spool.db"] {
      let state = try #require(try FileState.of(appliance.locations.state + "/" + name))
      #expect(state.sizeBytes < 256 * 1024 + 64 * 1024)
    }
    #expect(try appliance.integer(appliance.state.history, "SELECT sum(readings) FROM gaps") > 0)
    #expect(appliance.status.contains("\"readings_lost_history\":0"))
  }
}
