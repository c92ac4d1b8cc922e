// What the delivering program writes into the spool.
//
// A delivery is one request: some batches of one source under one grant and one agreement. It is written down
// before the first attempt, with its id and the time base of its counters, so that a repeat after a lost
// answer has the same id and the same bytes. *Acknowledged* means that the acceptance is committed here.

internal import Digest
package import Handshake
internal import Linux
package import SQLite
package import Telemetry

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
  /// How often the receiver itself failed over it.
  package let failures: Int64
  package let batches: Int64
  /// All its batches have numbers in here.
  let numbers: ClosedRange<Int64>
  package let readings: Int64
  package let bytes: Int64
  package let digest: [UInt8]
  package let triedMilliseconds: Int64
  package let outcome: DeliveryOutcome
  package let rejected: Int64
  /// HTTP status of the answer that ended it.
  package let status: Int64?
  /// What the receiver said.
  package let message: String

  /// The agreement under which it was tried: 64 hexadecimal digits.
  package var agreement: String { Hexadecimal.text(fingerprint) }
}

extension Outbox {
  private static let delivery = """
    SELECT number, id, "grant", fingerprint, failures, batches, first_batch, last_batch, readings, bytes, digest,
      tried_ms, outcome, rejected, status, message FROM deliveries
    """

  private func deliveries(
    _ condition: String, by recipient: Grant.Recipient? = nil
  ) throws(SQLiteError) -> [Delivery] {
    var rows = try database.prepare("\(Self.delivery) \(condition)")
    if let recipient {
      rows.bind(recipient.supplier)
      rows.bind(recipient.endpoint)
    }
    var deliveries: [Delivery] = []
    while try rows.step() {
      deliveries.append(
        Delivery(
          number: rows.integer(0), id: rows.text(1), grant: rows.integer(2),
          fingerprint: rows.blob(3), failures: rows.integer(4), batches: rows.integer(5),
          numbers: rows.integer(6)...max(rows.integer(6), rows.integer(7)),
          readings: rows.integer(8), bytes: rows.integer(9), digest: rows.blob(10),
          triedMilliseconds: rows.integer(11),
          outcome: DeliveryOutcome(rawValue: rows.text(12)) ?? .trying, rejected: rows.integer(13),
          status: rows.optionalInteger(14), message: rows.text(15)))
    }
    return deliveries
  }

  package func delivery(_ number: Int64) throws(SQLiteError) -> Delivery? {
    try deliveries("WHERE number = \(number)").first
  }

  /// The newest, newest first.
  package func latestDeliveries(_ count: Int) throws(SQLiteError) -> [Delivery] {
    try deliveries("ORDER BY number DESC LIMIT \(count)")
  }

  package func latestDelivery() throws(SQLiteError) -> Delivery? {
    try deliveries("ORDER BY tried_ms DESC, number DESC LIMIT 1").first
  }

  /// The readings of the deliveries that were accepted and are kept, and how many of them the receiver said that it threw
  /// away (OTLP's partial success). Those are not sent again.
  package func acceptedReadings() throws(SQLiteError) -> (sent: Int64, rejected: Int64) {
    var query = try database.prepare(
      "SELECT coalesce(sum(readings), 0), coalesce(sum(rejected), 0) FROM deliveries WHERE outcome = ?"
    )
    query.bind(DeliveryOutcome.accepted.rawValue)
    return try query.step() ? (query.integer(0), query.integer(1)) : (0, 0)
  }

  /// Tried and not answered for good, of these sources: whether the receiver has it is not known.
  package func unansweredDeliveries(of sources: [DataSource]) throws(SQLiteError) -> [Delivery] {
    try deliveries(
      "WHERE outcome = 'trying' AND \"grant\" IN (SELECT number FROM grants WHERE source IN (\(Self.list(sources))))"
    )
  }

  private static func list(_ sources: [DataSource]) -> String {
    sources.map { String($0.rawValue) }.joined(separator: ", ")
  }

  /// Answered for good, and not yet in the ledger.
  package func unrecordedDeliveries() throws(SQLiteError) -> [Delivery] {
    try deliveries("WHERE outcome != 'trying' AND NOT is_recorded ORDER BY number")
  }

  /// Accepted by `recipient` under a grant that is open, and not yet announced by an event: the oldest 200.
  package func unannouncedDeliveries(
    by recipient: Grant.Recipient, of sources: [DataSource]
  ) throws(SQLiteError) -> [Delivery] {
    try deliveries(
      """
      WHERE outcome = 'accepted' AND NOT is_announced AND "grant" IN (
        SELECT number FROM grants WHERE closed_ms IS NULL AND source IN (\(Self.list(sources)))
          AND supplier = ?1 AND endpoint = ?2) ORDER BY number LIMIT 200
      """, by: recipient)
  }

  /// Whether the receiver has accepted anything that was begun after `delivery`.
  package func hasAcceptance(after delivery: Delivery) throws(SQLiteError) -> Bool {
    try !deliveries("WHERE number > \(delivery.number) AND outcome = 'accepted' LIMIT 1").isEmpty
  }

  /// Writes a delivery down and claims its batches for it, before its body leaves for the first time.
  package func beginDelivery(
    of batches: [BatchSummary], fingerprint: [UInt8], body: [UInt8], readings: Int64,
    nowMilliseconds: Int64
  ) throws(SQLiteError) -> Delivery {
    try database.transaction { () throws(SQLiteError) in
      var insertion = try database.prepare(
        """
        INSERT INTO deliveries (id, "grant", fingerprint, batches, first_batch, last_batch, readings, bytes,
          digest, tried_ms, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'trying')
        """)
      insertion.bind(Hexadecimal.text(Random.bytes(16)))
      insertion.bind(batches.first?.grant ?? 0)
      insertion.bind(fingerprint)
      insertion.bind(Int64(batches.count))
      insertion.bind(batches.first?.number ?? 0)
      insertion.bind(batches.last?.number ?? 0)
      insertion.bind(readings)
      insertion.bind(Int64(body.count))
      insertion.bind(SHA256(of: body).bytes)
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

  /// Whether a body is the one that went when the delivery was begun.
  package func isRepeat(_ body: [UInt8], of delivery: Delivery) -> Bool {
    delivery.digest == SHA256(of: body).bytes
  }

  /// Writes down that the same body is about to be sent again.
  package func noteRepeat(_ delivery: Delivery, nowMilliseconds: Int64) throws(SQLiteError) {
    try database.execute(
      "UPDATE deliveries SET tried_ms = \(nowMilliseconds) WHERE number = \(delivery.number)")
  }

  /// Keeps what the receiver said about an attempt that decided nothing.
  ///
  /// - Parameter isFailure: the receiver itself failed over this delivery.
  package func noteAnswer(
    _ delivery: Delivery, message: String, isFailure: Bool = false
  ) throws(SQLiteError) {
    var update = try database.prepare(
      "UPDATE deliveries SET message = ?, failures = failures + ? WHERE number = ?")
    update.bind(message)
    update.bind(isFailure ? 1 : 0)
    update.bind(delivery.number)
    try update.run()
  }

  /// Ends a delivery: its batches are sent or set aside, all at once.
  ///
  /// - Parameter status: the answer's HTTP status.
  package func finish(
    _ delivery: Delivery, _ outcome: DeliveryOutcome, status: Int64? = nil, rejected: Int64 = 0,
    message: String
  ) throws(SQLiteError) {
    let state: BatchState = outcome == .accepted ? .sent : .refused
    try database.transaction { () throws(SQLiteError) in
      try database.execute(
        "UPDATE batches SET state = \(state.rawValue) WHERE state = 0 AND \(Self.isOf(delivery))")
      var update = try database.prepare(
        "UPDATE deliveries SET outcome = ?, status = ?, rejected = ?, message = ? WHERE number = ?")
      update.bind(outcome.rawValue)
      update.bind(status)
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
        "UPDATE batches SET delivery = NULL WHERE state = 0 AND \(Self.isOf(delivery))")
      try database.execute(
        "DELETE FROM deliveries WHERE number = \(delivery.number) AND outcome = 'trying'")
    }
  }

  /// Removes batches whose content cannot be read, and counts them as a gap.
  package func giveUp(_ damaged: [BatchSummary], nowMilliseconds: Int64) throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      for batch in damaged {
        try database.execute(
          """
          INSERT INTO gaps (source, reason, batches, readings, recorded_ms)
          SELECT source, 'damaged', 1, readings, \(nowMilliseconds) FROM batches
          WHERE number = \(batch.number);
          DELETE FROM batches WHERE number = \(batch.number)
          """)
      }
    }
  }

  /// Keeps the tables bounded that grow with every delivery and every boot. What is still tried or owed a
  /// ledger row stays, and so does every boot of which a batch is left.
  package func forgetOldest() throws(SQLiteError) {
    // Both numbers only grow, so the oldest batch has the oldest boot.
    let oldest = "(SELECT boot FROM batches ORDER BY number LIMIT 1)"
    try database.transaction { () throws(SQLiteError) in
      try database.execute(
        """
        DELETE FROM deliveries WHERE outcome = 'trying' AND NOT EXISTS (
          SELECT 1 FROM batches AS b WHERE b.number BETWEEN first_batch AND last_batch
            AND b.delivery = deliveries.number);
        DELETE FROM deliveries WHERE outcome != 'trying' AND is_recorded
          AND number <= (SELECT max(number) FROM deliveries) - \(Limits.deliveriesMax);
        DELETE FROM baselines WHERE boot < \(oldest);
        DELETE FROM boots WHERE number < \(oldest)
        """)
    }
  }

  /// The condition by which a delivery's batches are found without reading all the others.
  static func isOf(_ delivery: Delivery) -> String {
    """
    number BETWEEN \(delivery.numbers.lowerBound) AND \(delivery.numbers.upperBound)
      AND delivery = \(delivery.number)
    """
  }
}
