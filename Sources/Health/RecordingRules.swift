// The agent's own disk and databases: full, read-only, damaged, set aside; and deletions that are not done yet.

package struct RecordingFacts: Sendable {
  /// The file system on which the databases lie.
  package struct Disk: Sendable {
    package let path: String
    /// Where it is mounted among the file systems of the sample; nil when it is none of them.
    package let mountPoint: String?
    package let freeBytes: Int64
    package let sizeBytes: Int64
    /// Nil where the file system counts none.
    package let freeInodes: Int64?
    package let isReadOnly: Bool

    package init(
      path: String, mountPoint: String?, freeBytes: Int64, sizeBytes: Int64, freeInodes: Int64?,
      isReadOnly: Bool
    ) {
      self.path = path
      self.mountPoint = mountPoint
      self.freeBytes = freeBytes
      self.sizeBytes = sizeBytes
      self.freeInodes = freeInodes
      self.isReadOnly = isReadOnly
    }
  }

  /// A database that was damaged and put aside.
  package struct SetAside: Sendable {
    /// "spool.db"
    package let database: String
    package let path: String
    /// When, as people write it.
    package let time: String

    package init(database: String, path: String, time: String) {
      self.database = database
      self.path = path
      self.time = time
    }
  }

  package var disk: Disk?
  /// What keeps accordd from writing, in its words.
  package var problem: String?
  package var deletionProblem: String?
  /// Deletions that were asked for and are not done, "3 batches of environment from the spool".
  package var deletionsOwed: [String] = []
  package var setAside: [SetAside] = []
  /// What a command could not read of the databases, a sentence each.
  package var unreadable: [String] = []
  /// Readings that were lost in memory since accordd started.
  package var readingsLost: Int64 = 0

  package init() {}

  // MARK: the disk

  package var diskFindings: [HealthFinding] {
    guard let disk else { return [] }
    let then = "nothing can be recorded: readings wait in memory for an hour, and are lost then"
    if disk.isReadOnly {
      return [
        .agent(
          .critical, "disk", "the file system of \(disk.path) is read-only, so \(then)",
          "look for the reason with journalctl -k and findmnt -T \(disk.path), and make it writable"
        )
      ]
    }
    if let inodes = disk.freeInodes, inodes < Thresholds.ownDiskInodesCritical {
      return [
        .agent(
          .critical, "disk",
          "the file system of \(disk.path) is full: \(Phrase.count(inodes)) inodes are left, so \(then)",
          "remove some of its many small files: du -x --inodes \(disk.path)/.. | sort -n | tail")
      ]
    }
    guard disk.freeBytes < Thresholds.ownDiskBytesWarning else { return [] }
    let isFull = disk.freeBytes < Thresholds.ownDiskBytesCritical
    let free =
      "\(Phrase.size(Double(disk.freeBytes))) of \(Phrase.size(Double(disk.sizeBytes))) are free"
    return [
      .agent(
        isFull ? .critical : .warning, "disk",
        isFull
          ? "the file system of \(disk.path) is full: \(free), so \(then)"
          : "the file system of \(disk.path) is nearly full: \(free)",
        "free some space on it; what is recorded stays as it is")
    ]
  }

  // MARK: the databases

  var findings: [HealthFinding] {
    problemFindings + unreadable.map { .agent(.critical, "databases", $0, remedy(for: $0)) }
      + setAside.map(setAsideFinding)
      + deletionFindings
      + (readingsLost > 0
        ? [
          .agent(
            .warning, "recording",
            "\(Phrase.count(readingsLost, "reading")) \(readingsLost == 1 ? "was" : "were") lost in memory since accordd started",
            "see when and why: journalctl -u accordd")
        ] : [])
  }

  private var problemFindings: [HealthFinding] {
    guard let problem else { return [] }
    // With the disk full or read-only its own finding says why.
    let isExplained = diskFindings.contains { $0.level == .critical }
    return [
      .agent(
        isExplained ? .warning : .critical, "recording",
        "accordd cannot do its work: \(problem)",
        isExplained
          ? "mend the disk; accordd goes on by itself" : "mend that; accordd goes on by itself")
    ]
  }

  private func remedy(for problem: String) -> String {
    problem.contains("sets it aside")
      ? "start accordd, which does that, and have the disk checked: journalctl -k" : "mend that"
  }

  private static let lost = [
    "spool.db": "what waited in it to be sent is lost",
    "history.db": "the appliance's own history until then is lost",
    "ledger.db":
      "the record of what was agreed is lost, and nothing is sent until it is accepted anew",
  ]

  private func setAsideFinding(_ file: SetAside) -> HealthFinding {
    .agent(
      .warning, "databases",
      "\(file.database) was damaged and was set aside at \(file.time); \(Self.lost[file.database] ?? "what was in it is lost")",
      "have the disk checked (journalctl -k), and when nobody needs the file: rm \(file.path)")
  }

  private var deletionFindings: [HealthFinding] {
    if let deletionProblem {
      return [
        .agent(
          .critical, "deletion", "what was revoked could not be deleted yet: \(deletionProblem)",
          "mend that; accordd tries again with every tick")
      ]
    }
    guard !deletionsOwed.isEmpty else { return [] }
    return [
      .agent(
        .warning, "deletion",
        "what was revoked is still to be deleted: \(deletionsOwed.joined(separator: ", "))",
        "let accordd run: it goes on with every tick")
    ]
  }
}
