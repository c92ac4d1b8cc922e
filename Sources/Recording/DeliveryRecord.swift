// What the delivering program writes into the spool.
//
// A delivery is one request: some batches of one source under one grant and one agreement. It is written down
// before the first attempt, with its id and the time base of its counters, so that a repeat after a lost
// answer has the same id and the same bytes. *Acknowledged* means that the acceptance is committed here.

internal import Digest
internal import Linux
package import SQLite
internal import Telemetry

package enum DeliveryOutcome: String, Sendable {
  /// Tried at least once, and not answered for good.
  case trying
  case accepted
  /// Bad data, in the words of the supplier's receiver.
  case refused
}

package struct Delivery: Equatable, Sendable {
  package let number: Int64
  /// 32 random hexadecimal digits.
  package let id: String
  package let grant: Int64
  package let fingerprint: [UInt8]
  package let tries: Int64
  package let batches: Int64
  package let readings: Int64
  package let bytes: Int64
  package let digest: [UInt8]
  package let triedMilliseconds: Int64
  package let outcome: DeliveryOutcome
  package let rejected: Int64
  /// What the receiver said, at most a kilobyte.
  package let message: String
}

extension Outbox {
  private static let delivery = """
    SELECT number, id, "grant", fingerprint, tries, batches, readings, bytes, digest, tried_ms, outcome,
      rejected, message FROM deliveries
    """

  private func deliveries(_ condition: String) throws(SQLiteError) -> [Delivery] {
    var rows = try database.prepare("\(Self.delivery) \(condition)")
    var deliveries: [Delivery] = []
    while try rows.step() {
      deliveries.append(
        Delivery(
          number: rows.integer(0), id: rows.text(1), grant: rows.integer(2),
          fingerprint: rows.blob(3), tries: rows.integer(4), batches: rows.integer(5),
          readings: rows.integer(6), bytes: rows.integer(7), digest: rows.blob(8),
          triedMilliseconds: rows.integer(9),
          outcome: DeliveryOutcome(rawValue: rows.text(10)) ?? .trying, rejected: rows.integer(11),
          message: rows.text(12)))
    }
    return deliveries
  }

  package func delivery(_ number: Int64) throws(SQLiteError) -> Delivery? {
    try deliveries("WHERE number = \(number)").first
  }

  package func latestDelivery() throws(SQLiteError) -> Delivery? {
    try deliveries("ORDER BY tried_ms DESC, number DESC LIMIT 1").first
  }

  /// Answered for good, and not yet in the ledger.
  package func unrecordedDeliveries() throws(SQLiteError) -> [Delivery] {
    try deliveries("WHERE outcome != 'trying' AND NOT is_recorded ORDER BY number")
  }

  /// Accepted under a grant that is open, and not yet announced by an event.
  package func unannouncedDeliveries() throws(SQLiteError) -> [Delivery] {
    try deliveries(
      """
      WHERE outcome = 'accepted' AND NOT is_announced
        AND "grant" IN (SELECT number FROM grants WHERE closed_ms IS NULL) ORDER BY number LIMIT 200
      """)
  }

  /// Writes a delivery down and claims its batches for it.
  package func beginDelivery(
    of batches: [BatchSummary], fingerprint: [UInt8], nowMilliseconds: Int64
  ) throws(SQLiteError) -> Delivery {
    try database.transaction { () throws(SQLiteError) in
      var insertion = try database.prepare(
        """
        INSERT INTO deliveries (id, "grant", fingerprint, batches, readings, bytes, digest, tried_ms, outcome)
        VALUES (?, ?, ?, ?, 0, 0, x'', ?, 'trying')
        """)
      insertion.bind(Hexadecimal.text(Random.bytes(16)))
      insertion.bind(batches.first?.grant ?? 0)
      insertion.bind(fingerprint)
      insertion.bind(Int64(batches.count))
      insertion.bind(nowMilliseconds)
      try insertion.run()
      let number = database.lastInsertedRow
      for batch in batches {
        try database.execute(
          "UPDATE batches SET delivery = \(number) WHERE number = \(batch.number)")
      }
      return try deliveries("WHERE number = \(number)")[0]
    }
  }

  /// Writes down that the body is about to be sent.
  package func noteAttempt(
    _ delivery: Delivery, readings: Int64, body: [UInt8], nowMilliseconds: Int64
  ) throws(SQLiteError) {
    var update = try database.prepare(
      """
      UPDATE deliveries SET readings = ?, bytes = ?, digest = ?, tried_ms = ?, tries = tries + 1
      WHERE number = ?
      """)
    update.bind(readings)
    update.bind(Int64(body.count))
    update.bind(SHA256(of: body).bytes)
    update.bind(nowMilliseconds)
    update.bind(delivery.number)
    try update.run()
  }

  /// Keeps what the receiver said about an attempt that decided nothing.
  package func noteAnswer(_ delivery: Delivery, message: String) throws(SQLiteError) {
    var update = try database.prepare("UPDATE deliveries SET message = ? WHERE number = ?")
    update.bind(message)
    update.bind(delivery.number)
    try update.run()
  }

  /// Ends a delivery: its batches are sent or set aside, all at once.
  package func finish(
    _ delivery: Delivery, _ outcome: DeliveryOutcome, rejected: Int64 = 0, message: String
  ) throws(SQLiteError) {
    let state: BatchState = outcome == .accepted ? .sent : .refused
    try database.transaction { () throws(SQLiteError) in
      try database.execute(
        "UPDATE batches SET state = \(state.rawValue) WHERE state = 0 AND delivery = \(delivery.number)"
      )
      var update = try database.prepare(
        "UPDATE deliveries SET outcome = ?, rejected = ?, message = ? WHERE number = ?")
      update.bind(outcome.rawValue)
      update.bind(rejected)
      update.bind(message)
      update.bind(delivery.number)
      try update.run()
    }
  }

  package func markRecorded(_ delivery: Delivery) throws(SQLiteError) {
    try database.execute("UPDATE deliveries SET is_recorded = 1 WHERE number = \(delivery.number)")
  }

  package func markAnnounced(_ deliveries: [Delivery]) throws(SQLiteError) {
    for delivery in deliveries {
      try database.execute(
        "UPDATE deliveries SET is_announced = 1 WHERE number = \(delivery.number)")
    }
  }

  /// Frees batches from a delivery that will not be repeated: the agreement is another one, or it was too
  /// large.
  package func abandon(_ delivery: Delivery) throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      try database.execute(
        "UPDATE batches SET delivery = NULL WHERE state = 0 AND delivery = \(delivery.number)")
      try database.execute(
        "DELETE FROM deliveries WHERE number = \(delivery.number) AND outcome = 'trying'")
    }
  }
}
