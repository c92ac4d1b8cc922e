internal import Configuration
internal import Delivery
internal import Handshake
internal import Health
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

extension ApplianceStatus {
  /// The status as one JSON object. Keys are stable.
  func object(_ findings: [HealthFinding]) -> String {
    var writer = JSONWriter()
    writer.object { object in
      object.array("health") { list in for finding in findings { list.write(finding) } }
      object.object("agreement", writeAgreement)
      object.object("daemon", writeDaemon)
      object.member("last_tick", daemon.map { CalendarTime.rfc3339(milliseconds: $0.lastTickMs) })
      object.object("history") { history in
        write(isHistoryUnreadable ? nil : historyTotal, &history)
        history.member("lost", daemon?.readingsLostHistory ?? 0)
      }
      object.object("spool", writeSpool)
      object.object("last_upload", writeDelivery)
      object.member(
        "next_upload", nextUploadMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
      object.array("deletions", writeDeletions)
      object.array("gaps", writeGaps)
      object.object("clock") { clock in
        clock.member("is_synchronised", self.clock.isSynchronised)
        clock.member("is_trusted", isTimeTrusted)
      }
      object.object("ledger") { object in
        object.member("rows", ledger?.rows)
        object.member("head", ledger?.head)
      }
      object.member("pseudonym", pseudonym)
      object.member("daily_quota_bytes", quota?.bytesMax)
      object.member("sent_today_bytes", quota?.bytes)
      object.array("identified_by") { list in
        for identifier in settings.upload.identifiers { list.element(identifier) }
      }
      object.array("problems") { list in
        for problem in agreement.problems { list.element("\(problem)") }
        for problem in problems { list.element(problem) }
      }
    }
    return writer.text
  }

  private func writeAgreement(_ object: inout JSONWriter) {
    object.member("state", agreement.standing.name)
    object.member("fingerprint", daemon?.fingerprint)
    object.member("supplier", agreement.offer?.supplier.value)
    if let waiting = waitingOffer {
      object.object("waiting_offer") { entry in
        entry.member("supplier", waiting.supplier)
        entry.member("revision", waiting.revision)
        entry.array("differences") { list in
          for difference in waiting.differences ?? [] { list.element(difference) }
        }
      }
    }
    object.member("until", agreement.consent?.until.map { "\($0.value)" })
    object.object("sources") { sources in
      for source in DataSource.allCases {
        let terms = agreement.terms(of: source)
        sources.object(source.name) { entry in
          entry.member("decision", terms.decision.verdict.name)
          entry.member("is_held", terms.isHeld)
          entry.member("rule", terms.decision.rule.description)
          entry.member("reason", terms.decision.reason)
        }
      }
    }
  }

  private func writeDaemon(_ object: inout JSONWriter) {
    object.member("is_running", daemon?.isAlive(clock) ?? false)
    guard let daemon else { return }
    object.member("version", daemon.version)
    object.member("interval_s", daemon.intervalMs, decimals: 3)
    object.member("ticks", daemon.ticks)
    object.member("missed_ticks", daemon.missedTicks)
    object.member("series", daemon.series)
    object.member("recording_problem", daemon.recordingProblem)
    object.member("is_deletion_owed", daemon.isDeletionOwed)
    object.member("deletion_due_s", daemon.deletionDueInMs.map { $0 / 1000 })
    object.array("probes") { probes in
      for probe in daemon.probes {
        probes.object { entry in
          entry.member("file", probe.file)
          entry.member("outcome", probe.outcome)
          entry.member("failures", probe.failures)
          entry.member("left_out", probe.leftOut)
        }
      }
    }
  }

  private func write(
    _ total: (batches: Int64, readings: Int64, bytes: Int64)?, _ object: inout JSONWriter
  ) {
    object.member("batches", total?.batches)
    object.member("readings", total?.readings)
    object.member("bytes", total?.bytes)
  }

  /// Null is what cannot be read: zero would be a number.
  private func writeSpool(_ object: inout JSONWriter) {
    func known(_ count: Int64) -> Int64? { isSpoolUnreadable ? nil : count }
    object.member("pending", known(spoolTotal(.pending).batches))
    object.member("sent", known(spoolTotal(.sent).batches))
    object.member("refused", known(spoolTotal(.refused).batches))
    object.member("time_unknown", known(spoolTotal(.timeUnknown).batches))
    object.member("bytes", known((spool?.totals ?? []).reduce(0) { $0 + $1.bytes }))
    object.member("oldest", oldest.map { CalendarTime.rfc3339(milliseconds: $0.firstMilliseconds) })
    object.member("lost", (daemon?.readingsLostSpool ?? 0))
  }

  private func writeDelivery(_ object: inout JSONWriter) {
    object.member("outcome", lastDelivery?.outcome.rawValue)
    object.member(
      "time", lastDelivery.map { CalendarTime.rfc3339(milliseconds: $0.triedMilliseconds) })
    object.member("readings", lastDelivery?.readings)
    object.member("bytes", lastDelivery?.bytes)
    object.member("rejected", lastDelivery?.rejected)
    object.member("message", lastDelivery?.message)
    object.member("failure", lastFailure)
    object.member("layer", lastFailure.map { FailedLayer(ofReason: $0).rawValue })
    object.member(
      "failing_since", failingSinceMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
    object.member(
      "paused_until", pausedUntilMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
  }

  private func writeDeletions(_ list: inout JSONWriter) {
    for source in DataSource.allCases {
      for (database, deletion) in deletions(of: source) {
        list.object { entry in
          entry.member("source", source.name)
          entry.member("database", database)
          entry.member("rule", deletion.reason)
          entry.member("is_partial", deletion.isPartial)
          entry.member("series", deletion.series)
          entry.member("redacted", deletion.redacted)
          entry.member("batches", deletion.batches)
          entry.member("recut", deletion.recut)
          entry.member("readings", deletion.readings)
          entry.member(
            "done", deletion.doneMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
        }
      }
    }
  }

  private func writeGaps(_ list: inout JSONWriter) {
    for gap in gaps {
      list.object { entry in
        entry.member("source", gap.source.name)
        entry.member("reason", gap.reason)
        entry.member("batches", gap.batches)
        entry.member("readings", gap.readings)
        entry.member("at", CalendarTime.rfc3339(milliseconds: gap.recordedMilliseconds))
      }
    }
  }
}

extension JSONWriter {
  /// A finding as an element of an array.
  mutating func write(_ finding: HealthFinding) {
    object { entry in
      entry.member("level", finding.level.name)
      entry.member("source", finding.source?.name)
      entry.member("subject", finding.subject)
      entry.member("sentence", finding.sentence)
      entry.member("remedy", finding.remedy)
    }
  }
}
