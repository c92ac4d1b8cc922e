// manifest.json: what the archive holds, what it does not, and why.

internal import JSON

package struct Manifest: Sendable {
  package enum Status: String, CaseIterable, Sendable {
    case ok
    /// It did not end in time; what it had written by then is there.
    case timedOut = "timed-out"
    /// The agreement does not let it in.
    case withheld
    case notAsked = "not-asked"
    /// There is nothing of it on this machine.
    case absent
    /// It ended with an error; what it had written by then is there.
    case failed
    /// A bound of size was reached.
    case cut
  }

  package struct File: Sendable {
    /// Relative to the archive's folder.
    package let path: String
    package let bytes: Int64
    /// 64 hexadecimal digits.
    package let sha256: String

    package init(path: String, bytes: Int64, sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  package struct Section: Sendable {
    package let name: String
    package let title: String
    /// The name of the source, nil for the agent's own state.
    package let source: String?
    package var status: Status
    /// Why it is not ok, or what is missing in it; empty when there is nothing to say.
    package var reason: String
    package var durationMilliseconds: Int64
    package var files: [File]
    package var problems: [String]
  }

  package struct AgreementFacts: Sendable {
    package let state: String
    package let fingerprint: String?
    /// Name and decision.
    package let sources: [(name: String, decision: String)]

    package init(state: String, fingerprint: String?, sources: [(name: String, decision: String)]) {
      self.state = state
      self.fingerprint = fingerprint
      self.sources = sources
    }
  }

  /// The newest form that this version writes and reads.
  package static let version: Int64 = 1

  package var madeAt: String
  package var caseID: String?
  package var agentVersion: String
  package var agreement: AgreementFacts
  /// RFC 3339; nil without an override.
  package var overrideUntil: String?
  package var isLocalIncluded: Bool
  package var hasLogs: Bool
  package var since: String
  package var command: [String]
  /// How often each kind was replaced.
  package var scrubbed: [(kind: String, count: Int64)] = []
  package var sections: [Section] = []

  package init(
    madeAt: String, caseID: String?, agentVersion: String, agreement: AgreementFacts,
    overrideUntil: String?, isLocalIncluded: Bool, hasLogs: Bool, since: String, command: [String]
  ) {
    self.madeAt = madeAt
    self.caseID = caseID
    self.agentVersion = agentVersion
    self.agreement = agreement
    self.overrideUntil = overrideUntil
    self.isLocalIncluded = isLocalIncluded
    self.hasLogs = hasLogs
    self.since = since
    self.command = command
  }

  /// The JSON text.
  package var text: String {
    var writer = JSONWriter()
    writer.object { object in
      object.member("format", "accord-dump")
      object.member("version", Self.version)
      object.member("made", madeAt)
      object.member("case", caseID)
      object.member("agent_version", agentVersion)
      object.object("agreement") { entry in
        entry.member("state", agreement.state)
        entry.member("fingerprint", agreement.fingerprint)
        entry.object("sources") { list in
          for source in agreement.sources { list.member(source.name, source.decision) }
        }
      }
      if let overrideUntil {
        object.object("override") { $0.member("until", overrideUntil) }
      } else {
        object.member("override", nil as String?)
      }
      object.member("is_local_included", isLocalIncluded)
      object.member("has_logs", hasLogs)
      object.member("since", since)
      object.array("command") { list in for word in command { list.element(word) } }
      // No object with the kinds as its keys: the scrubber would take what stands behind "password" for one.
      object.array("scrubbed") { list in
        for (kind, count) in scrubbed {
          list.object { entry in
            entry.member("kind", kind)
            entry.member("count", count)
          }
        }
      }
      object.array("sections") { list in
        for section in sections { list.object { Self.write(section, &$0) } }
      }
    }
    return writer.text + "\n"
  }

  private static func write(_ section: Section, _ entry: inout JSONWriter) {
    entry.member("name", section.name)
    entry.member("title", section.title)
    entry.member("source", section.source)
    entry.member("status", section.status.rawValue)
    entry.member("reason", section.reason)
    entry.member("duration_ms", section.durationMilliseconds)
    entry.array("problems") { list in for problem in section.problems { list.element(problem) } }
    entry.array("files") { list in
      for file in section.files {
        list.object { entry in
          entry.member("path", file.path)
          entry.member("bytes", file.bytes)
          entry.member("sha256", file.sha256)
        }
      }
    }
  }
}

extension Manifest {
  /// What stands in every manifest: its keys and the words that they take, but for the sections' own.
  package static var words: String {
    var manifest = Manifest(
      madeAt: "", caseID: "", agentVersion: "",
      agreement: AgreementFacts(
        state: "none in-force held", fingerprint: "", sources: [("", "share local deny")]),
      overrideUntil: "", isLocalIncluded: false, hasLogs: true, since: "",
      command: ["accord", "dump"])
    manifest.scrubbed = [("", 0)]
    manifest.sections = [
      Section(
        name: "log", title: "How this dump was made", source: "", status: .ok, reason: "",
        durationMilliseconds: 0, files: [File(path: "", bytes: 0, sha256: "")], problems: [])
    ]
    return manifest.text + Status.allCases.map(\.rawValue).joined(separator: " ")
  }
}
