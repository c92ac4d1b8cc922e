// The ledger's rows as lines of JSON, for a dump: what `accord inspect` verifies elsewhere.
//
//   {"after":12000,"hash":"…"}                                          only where older rows are left out
//   {"number":12001,"at_ms":1795816800000,"kind":"upload","detail":"{…}","hash":"…"}
//
// `detail` is the exact text that was hashed, as a string. The rows are not scrubbed: a changed byte would break the
// chain. They need not be, because the chain holds no names, no addresses and no texts of the system, only counts,
// digests under a salt and random identifiers (the head of Ledger); and the finished dump is searched all the same.

internal import Digest
internal import JSON
package import SQLite

extension Ledger {
  /// The newest rows that fit into `limitBytes`, oldest first, one line each.
  package func exportRows(
    limitBytes: Int, _ body: (String) -> Void
  ) throws(SQLiteError) {
    // Lines are longer than the rows by their keys and by backslashes before quotes, of which a detail has many.
    let rowBytes = 300
    var query = try database.prepare(
      """
      SELECT min(number), count(*) FROM (SELECT number,
        sum(length(kind) + 2 * length(detail) + \(rowBytes)) OVER (ORDER BY number DESC) AS total FROM ledger)
      WHERE total <= ?
      """)
    query.bind(Int64(limitBytes))
    guard try query.step(), query.integer(1) > 0 else { return }
    let (first, count) = (query.integer(0), query.integer(1))
    query.reset()
    var before = try database.prepare(
      "SELECT number, hash FROM ledger WHERE number < ? ORDER BY number DESC LIMIT 1")
    before.bind(first)
    if try before.step() {
      var writer = JSONWriter()
      writer.object { object in
        object.member("after", before.integer(0))
        object.member("hash", Hexadecimal.text(before.blob(1)))
      }
      body(writer.text)
    }
    before.reset()
    try forEachRow(limit: count) { row in
      var writer = JSONWriter()
      writer.object { object in
        object.member("number", row.number)
        object.member("at_ms", row.atMilliseconds)
        object.member("kind", row.kind)
        object.member("detail", row.detail)
        object.member("hash", Hexadecimal.text(row.hash))
      }
      body(writer.text)
    }
  }
}
