// Removing what has been kept for as long as it was to be kept.
//
// Nothing is aged by a clock that nobody vouches for: a machine that wakes up in 2038 must not empty its
// history. So the caller says what time it is only when that is trusted, and a batch counts only when its own
// stamps are.

package import Handshake
package import SQLite

extension RecordStore {
  /// Removes batches in `state` whose last reading is older than `limitMilliseconds`, Unix time.
  func age(_ state: BatchState, olderThan limitMilliseconds: Int64) throws(SQLiteError) {
    var deletion = try database.prepare(
      """
      DELETE FROM batches WHERE number IN (
        SELECT b.number FROM batches AS b JOIN boots AS o ON o.number = b.boot
        WHERE b.state = ? AND (b.is_synchronised OR o.trusted_offset_ms IS NOT NULL)
          AND b.last_ms + CASE WHEN b.is_synchronised THEN b.offset_ms ELSE o.trusted_offset_ms END < ?)
      """)
    deletion.bind(state.rawValue)
    deletion.bind(limitMilliseconds)
    try deletion.run()
  }

  /// Notes what somebody vouched for: the wall clock of this boot.
  func trust(_ moment: TrustedMoment) throws(SQLiteError) {
    try Reference.trust(
      moment.boot, offsetMilliseconds: moment.unixMilliseconds - moment.bootTimeMilliseconds,
      in: database)
  }
}

extension History {
  /// Removes what is older than `keepMilliseconds`.
  package func age(keepMilliseconds: Int64, at moment: TrustedMoment) throws(SQLiteError) {
    try store.database.transaction { () throws(SQLiteError) in
      try store.trust(moment)
      try store.age(.pending, olderThan: moment.unixMilliseconds - keepMilliseconds)
    }
  }
}

extension Spool {
  /// Removes what was sent and kept for `keepSentMilliseconds`. What waits is never too old.
  package func age(keepSentMilliseconds: Int64, at moment: TrustedMoment) throws(SQLiteError) {
    try store.database.transaction { () throws(SQLiteError) in
      // No upload may come before this boot ends.
      try store.trust(moment)
      try store.age(.sent, olderThan: moment.unixMilliseconds - keepSentMilliseconds)
    }
  }
}
