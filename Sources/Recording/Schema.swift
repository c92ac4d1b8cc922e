// The tables of history.db and spool.db. Text stands once in a dictionary; a batch refers to everything by
// small integers. `live` is what may be read: a recorded deletion covers its batches from that moment on,
// long before the file is rewritten without them. Triggers keep the totals, so that neither the start nor
// `accord status` has to scan.

enum Schema {
  /// The form of all three databases. A file of a newer form is left alone.
  static let version: Int64 = 1

  /// "ACHI", "ACSP" and "ACLE": which of the databases a file is (https://sqlite.org/pragma.html#pragma_application_id).
  static let historyID: Int64 = 0x4143_4849
  static let spoolID: Int64 = 0x4143_5350
  static let ledgerID: Int64 = 0x4143_4C45

  static let history =
    shared + batches(extraColumns: "") + """
      CREATE VIEW live AS SELECT * FROM batches AS b WHERE \(historyIsLive);
      """

  static let spool =
    shared
    + batches(
      extraColumns: """
        "grant" INTEGER NOT NULL,      -- grants.number
        sequence INTEGER NOT NULL,     -- counts from 1 within the grant
        resolution_ms INTEGER NOT NULL,
        delivery INTEGER,              -- deliveries.number of the latest attempt
        """) + """
      -- The oldest pending batch of a source is found without reading past the sent ones.
      CREATE INDEX pending ON batches(source, number) WHERE state = 0;
      CREATE TABLE grants (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,              -- 32 random hexadecimal digits
        source INTEGER NOT NULL,
        supplier TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        opened_ms INTEGER NOT NULL,    -- wall clock
        closed_ms INTEGER,
        next_sequence INTEGER NOT NULL DEFAULT 1
      );
      -- What a counter is counted from: see Baselines.
      CREATE TABLE baselines (
        "grant" INTEGER NOT NULL,
        series INTEGER NOT NULL,
        boot INTEGER NOT NULL,
        since_ms INTEGER NOT NULL,     -- boot clock
        value INTEGER NOT NULL,
        start_unix_ms INTEGER,         -- fixed when it first leaves
        PRIMARY KEY ("grant", series, boot, since_ms)
      ) WITHOUT ROWID;
      CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,              -- 32 random hexadecimal digits: log.record.uid of its event
        "grant" INTEGER NOT NULL,
        fingerprint BLOB NOT NULL,     -- the agreement under which it was tried
        batches INTEGER NOT NULL,
        first_batch INTEGER NOT NULL,  -- its batches are found between these two, without another index
        last_batch INTEGER NOT NULL,
        readings INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        digest BLOB NOT NULL,          -- SHA-256 of the body
        tried_ms INTEGER NOT NULL,     -- wall clock of the latest attempt
        outcome TEXT NOT NULL,         -- DeliveryOutcome
        rejected INTEGER NOT NULL DEFAULT 0,
        status INTEGER,                -- HTTP status of the answer that ended it
        message TEXT NOT NULL DEFAULT '',
        failures INTEGER NOT NULL DEFAULT 0,      -- how often the receiver itself failed over it
        is_recorded INTEGER NOT NULL DEFAULT 0,   -- its ledger row is written
        is_announced INTEGER NOT NULL DEFAULT 0   -- its event has left
      );
      CREATE TABLE upload_state (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
      CREATE VIEW live AS
        SELECT b.*, g.closed_ms IS NULL AS is_open FROM batches AS b JOIN grants AS g ON g.number = b."grant"
        WHERE \(spoolIsLive);
      """

  /// Whether the batch `b` is covered by no recorded deletion.
  static let historyIsLive = isLive(coverage: "")
  static let spoolIsLive = isLive(
    coverage:
      "AND (d.finer_than_ms IS NULL OR (b.state = 0 AND b.resolution_ms < d.finer_than_ms))")

  private static func isLive(coverage: String) -> String {
    """
    NOT EXISTS (SELECT 1 FROM deletions AS d
      WHERE d.done_ms IS NULL AND NOT d.is_partial AND d.source = b.source AND b.number <= d.up_to \(coverage))
    """
  }

  private static let shared = """
    CREATE TABLE boots (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      trusted_offset_ms INTEGER      -- wall clock minus boot clock, once somebody vouched for it
    );
    CREATE TABLE agreements (number INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL);
    -- A column without a name here was withdrawn: no reader shows it, and a rewrite cuts it. So no number is ever
    -- used twice.
    CREATE TABLE series (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      agreement INTEGER NOT NULL,    -- agreements.number when it was first written down
      source INTEGER NOT NULL,
      signal TEXT NOT NULL,
      instrument INTEGER NOT NULL,
      unit TEXT NOT NULL,
      decimals INTEGER NOT NULL,
      attributes TEXT NOT NULL
    );
    CREATE TABLE facts (number INTEGER PRIMARY KEY, source INTEGER NOT NULL, content TEXT NOT NULL);
    CREATE TABLE deletions (
      number INTEGER PRIMARY KEY,
      source INTEGER NOT NULL,
      up_to INTEGER NOT NULL,        -- the newest batch that it covers
      finer_than_ms INTEGER,         -- of the spool: only what is pending and finer than this
      is_partial INTEGER NOT NULL,   -- its batches stay, without the columns that have no name any more
      reason TEXT NOT NULL,
      series INTEGER NOT NULL,       -- removed from the dictionary
      redacted INTEGER NOT NULL,     -- series and sets of facts that go on under other attributes
      batches INTEGER NOT NULL,      -- removed; of a partial one known when it is done
      recut INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      recorded_ms INTEGER NOT NULL,  -- wall clock
      done_ms INTEGER
    );
    CREATE TABLE gaps (
      number INTEGER PRIMARY KEY,
      source INTEGER NOT NULL,
      reason TEXT NOT NULL,
      batches INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      recorded_ms INTEGER NOT NULL,
      is_recorded INTEGER NOT NULL DEFAULT 0    -- its ledger row is written
    );
    CREATE INDEX unrecorded_gaps ON gaps(number) WHERE NOT is_recorded;
    CREATE TABLE totals (
      source INTEGER NOT NULL,
      state INTEGER NOT NULL,
      batches INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (source, state)
    ) WITHOUT ROWID;

    """

  private static func batches(extraColumns: String) -> String {
    """
    CREATE TABLE batches (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      source INTEGER NOT NULL,
      state INTEGER NOT NULL DEFAULT 0,  -- BatchState
      agreement INTEGER NOT NULL,
      boot INTEGER NOT NULL,
      offset_ms INTEGER NOT NULL,        -- wall clock minus boot clock
      is_synchronised INTEGER NOT NULL,  -- whether somebody kept the wall clock right
      first_ms INTEGER NOT NULL,         -- boot clock
      last_ms INTEGER NOT NULL,
      readings INTEGER NOT NULL,
      facts INTEGER,
      \(extraColumns)
      columns BLOB NOT NULL              -- BatchCodec, deflated
    );
    CREATE TRIGGER batch_added AFTER INSERT ON batches BEGIN
      INSERT INTO totals VALUES (new.source, new.state, 1, new.readings, length(new.columns))
      ON CONFLICT (source, state) DO UPDATE SET batches = batches + 1,
        readings = readings + excluded.readings, bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER batch_removed AFTER DELETE ON batches BEGIN
      UPDATE totals SET batches = batches - 1, readings = readings - old.readings,
        bytes = bytes - length(old.columns) WHERE source = old.source AND state = old.state;
    END;
    CREATE TRIGGER batch_moved AFTER UPDATE OF state ON batches BEGIN
      UPDATE totals SET batches = batches - 1, readings = readings - old.readings,
        bytes = bytes - length(old.columns) WHERE source = old.source AND state = old.state;
      INSERT INTO totals VALUES (new.source, new.state, 1, new.readings, length(new.columns))
      ON CONFLICT (source, state) DO UPDATE SET batches = batches + 1,
        readings = readings + excluded.readings, bytes = bytes + excluded.bytes;
    END;

    """
  }

  static let ledger = """
    CREATE TABLE ledger (
      number INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,        -- wall clock
      kind TEXT NOT NULL,
      detail TEXT NOT NULL,          -- JSON; no attribute values, no kernel text, no names of people
      hash BLOB NOT NULL             -- see Ledger
    );
    CREATE TABLE agreements (
      number INTEGER PRIMARY KEY,
      content BLOB NOT NULL,         -- digest of the canonical form
      nonce BLOB NOT NULL,
      fingerprint BLOB NOT NULL
    );
    -- What was accepted of the supplier's offers. The names of the files hold the supplier's digest.
    CREATE TABLE acceptances (
      file TEXT PRIMARY KEY,         -- under accepted/
      digest BLOB NOT NULL,          -- SHA-256 of what was kept
      at_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    -- The names that the chain knows by their salted digests. See Ledger.digest(ofName:).
    CREATE TABLE names (
      number INTEGER PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL
    );
    -- See Ledger.Mark.
    CREATE TABLE marks (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
    -- The latest moment at which somebody vouched for the time.
    CREATE TABLE trusted_time (
      number INTEGER PRIMARY KEY CHECK (number = 1),
      boot TEXT NOT NULL,
      boot_ms INTEGER NOT NULL,
      unix_ms INTEGER NOT NULL
    );
    """
}

/// What has become of a batch. The raw values stand in the databases.
package enum BatchState: Int64, Sendable {
  case pending = 0
  case sent = 1
  /// The supplier's receiver called it bad data; it is kept to be looked at, and not sent again.
  case refused = 2
  /// Nobody ever vouched for the clock of its boot, so when it happened will never be known.
  case timeUnknown = 3

  package var name: String {
    switch self {
    case .pending: "pending"
    case .sent: "sent"
    case .refused: "refused"
    case .timeUnknown: "time-unknown"
    }
  }
}
