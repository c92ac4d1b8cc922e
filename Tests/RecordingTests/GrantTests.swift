import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Rule 7: a grant is for ever what it was")
struct GrantTests {
  private static let elsewhere = offerText.replacing(
    "telemetry.example.com", with: "telemetry.example.org")

  /// The agreements that follow each other, and how many grants of `environment` there are and are open then.
  static let histories: [(String, [Agreement], Int, Int)] = [
    ("shared", [agreement()], 1, 1),
    ("shared twice", [agreement(), agreement()], 1, 1),
    ("renewed until", [agreement(), agreement(more: "[resolution]\nusage = \"1h\"")], 1, 1),
    ("local", [agreement(environment: "local")], 0, 0),
    ("denied", [agreement(environment: "deny")], 0, 0),
    ("shared, then local", [agreement(), agreement(environment: "local")], 1, 0),
    ("shared, then denied", [agreement(), agreement(environment: "deny")], 1, 0),
    ("shared, denied, shared", [agreement(), agreement(environment: "deny"), agreement()], 2, 1),
    ("shared, local, shared", [agreement(), agreement(environment: "local"), agreement()], 2, 1),
    ("held", [agreement(offer: nil)], 0, 0),
    ("shared, then held", [agreement(), agreement(offer: nil)], 1, 1),
    ("shared, held, shared", [agreement(), agreement(offer: nil), agreement()], 1, 1),
    (
      "shared, held, denied", [agreement(), agreement(offer: nil), agreement(environment: "deny")],
      1, 0
    ),
    ("another address", [agreement(), agreement(offer: elsewhere)], 2, 1),
    ("another address and back", [agreement(), agreement(offer: elsewhere), agreement()], 3, 1),
    (
      "held at another address", [agreement(), agreement(offer: nil), agreement(offer: elsewhere)],
      2, 1
    ),
  ]

  @Test("opening, holding and closing", arguments: histories)
  func settling(_ name: String, _ agreements: [Agreement], _ all: Int, _ open: Int) throws {
    let appliance = try Appliance()
    for agreement in agreements { try appliance.agree(agreement) }
    let condition = "FROM grants WHERE source = \(DataSource.environment.rawValue)"
    #expect(
      try appliance.integer(appliance.directory.spool, "SELECT count(*) \(condition)") == Int64(all)
    )
    #expect(
      try appliance.integer(
        appliance.directory.spool, "SELECT count(*) \(condition) AND closed_ms IS NULL")
        == Int64(open))
    #expect(
      try appliance.integer(appliance.directory.spool, "SELECT count(DISTINCT id) \(condition)")
        == Int64(all))
  }

  @Test("what changed is told, and settling again changes nothing")
  func changes() throws {
    let appliance = try Appliance()
    guard case .opened(let grant) = try appliance.agree(agreement(product: "deny")).first else {
      Issue.record("no grant was opened")
      return
    }
    #expect(grant.source == .environment && grant.id.count == 32)
    #expect(grant.recipient.endpoint == "https://telemetry.example.com:4318")
    #expect(try appliance.agree(agreement(product: "deny")).isEmpty)
    #expect(
      try appliance.agree(agreement(product: "deny", environment: "deny")) == [.closed(grant)])
    #expect(try appliance.agree(agreement(product: "deny", environment: "deny")).isEmpty)
    try appliance.restart()
    #expect(try appliance.spool.openGrants().isEmpty)
  }

  @Test("what a closed grant left is never to be delivered, whatever is agreed later")
  func closedIsClosed() throws {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    appliance.tick(Catalog.cpuTime, 1)
    try appliance.seal()
    try appliance.agree(agreement(environment: "local"))
    appliance.tick(Catalog.cpuTime, 2)
    try appliance.agree(agreement())
    try appliance.restart(boot: "boot-2")
    appliance.tick(Catalog.cpuTime, 3)
    try appliance.seal()
    guard let outbox = try Outbox.open(appliance.directory) else { return }
    let pending = try outbox.pending(.environment, after: 0, limit: 10)
    #expect(pending.map(\.sequence) == [1])
    #expect(try outbox.content(of: pending[0])?.columns.map(\.values) == [[3]])
    #expect(try outbox.batches(in: [.pending]).map(\.stateName) == ["closed", "pending"])
  }

  @Test("sequence numbers count within a grant, without holes")
  func sequence() throws {
    let appliance = try Appliance()
    for word in ["share", "deny", "share"] {
      try appliance.agree(agreement(product: "local", environment: word))
      for value in 0..<3 {
        appliance.tick(Catalog.cpuTime, Int64(value))
        try appliance.seal()
      }
    }
    let database = try Database(appliance.directory.spool, .readOnly, busyTimeoutMilliseconds: 0)
    var rows = try database.prepare("SELECT \"grant\", sequence FROM batches ORDER BY number")
    var found: [[Int64]] = []
    while try rows.step() { found.append([rows.integer(0), rows.integer(1)]) }
    #expect(found == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]])
  }

  @Test("a change that cannot be written changes nothing")
  func refused() throws {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    let other = try Database(appliance.directory.spool, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    #expect(throws: SQLiteError.self) { try appliance.agree(agreement(environment: "deny")) }
    try other.execute("ROLLBACK")
    #expect(try appliance.spool.openGrants().count == 2)
    #expect(try appliance.agree(agreement(environment: "deny")).count == 1)
  }
}
