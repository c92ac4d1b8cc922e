import TOML
import Telemetry
import Testing

@testable import Handshake

@Suite("consent.toml")
struct ConsentTests {
  @Test("every key of a full consent is read, with its place")
  func full() throws {
    let consent = try parsedConsent(
      """
      schema = 1
      supplier = "Example Devices Ltd"
      accepts = 2
      accepted_by = "IT operations"
      accepted_on = 2026-11-21
      until = 2027-11-21
      [sources]
      product = "share"
      environment = "local"
      customer = "deny"
      [withhold]
      signals = ["system.network.*", "os.name"]
      [redact]
      "host.name" = "hash"
      "network.interface.name" = "drop"
      [resolution]
      environment = "15min"
      """
    ).get()
    #expect(consent.supplier == Located("Example Devices Ltd", at: Place(line: 2, column: 12)))
    #expect(consent.accepts == Located(2, at: Place(line: 3, column: 11)))
    #expect(consent.acceptedBy == "IT operations")
    #expect(consent.acceptedOn?.startMilliseconds == today)
    #expect(consent.until?.value.startMilliseconds == today + 365 * dayMilliseconds)
    #expect(
      consent.sources.mapValues(\.value) == [
        .product: .share, .environment: .local, .customer: .deny,
      ])
    #expect(consent.sources[.environment]?.place == Place(line: 9, column: 15))
    #expect(consent.withheld.map(\.value.text) == ["system.network.*", "os.name"])
    #expect(
      consent.redactions.mapValues(\.mode) == [
        "host.name": .hash, "network.interface.name": .drop,
      ])
    #expect(consent.resolutionsMilliseconds[.environment]?.value == 900_000)
  }

  @Test("a consent that keeps everything on the appliance needs no supplier and no revision")
  func localOnly() throws {
    let consent = try parsedConsent("schema = 1\n[sources]\nproduct = \"local\"\n").get()
    #expect(consent.supplier == nil && consent.accepts == nil && consent.until == nil)
  }

  @Test(
    "a name that forges lines or speaks to the terminal is refused at its place",
    arguments: [
      ("supplier", "\\n", "000A"), ("supplier", "\\u202e", "202E"),
      ("accepted_by", "\\u001b[8m", "001B"), ("accepted_by", "\\u009B", "009B"),
    ])
  func forgedNames(_ key: String, _ escape: String, _ shown: String) throws {
    let problem = try #require(throws: FileProblem.self) {
      try parsedConsent("schema = 1\n\(key) = \"Ada\(escape)\"\n[sources]\n").get()
    }
    #expect(
      "\(problem)" == """
        consent.toml:2:\(key.count + 4): '\(key)' holds the character \\u\(shown); \
        expected one line of text without control characters
        """)
  }

  @Test("an empty [sources] is a word of refusal")
  func emptySources() throws {
    #expect(try parsedConsent("schema = 1\n[sources]\n").get().sources.isEmpty)
  }

  @Test(
    "what cannot be understood is refused with file, line, column, what is wrong and what was expected",
    arguments: [
      ("", "consent.toml:1:1: 'schema' is missing; expected schema = 1"),
      ("schema = 1\n", "consent.toml:1:1: 'sources' is missing; expected [sources]"),
      (
        "schema = 2\n[sources]\n",
        "consent.toml:1:10: schema 2 is not known to this version; expected schema = 1; a newer file needs a newer accord"
      ),
      (
        "schema = 0\n[sources]\n",
        "consent.toml:1:10: schema 0 is not known to this version; expected schema = 1; a newer file needs a newer accord"
      ),
      (
        "schema = \"1\"\n[sources]\n",
        "consent.toml:1:10: 'schema' is a string; expected an integer, for example schema = 2"
      ),
      (
        "schema = 1\n[source]\nproduct = \"share\"\n",
        "consent.toml:1:1: 'sources' is missing; expected [sources] (there is 'source' at line 2)"
      ),
      (
        "schema = 1\n[sources]\nproduct = \"shar\"\n",
        "consent.toml:3:11: unknown value \"shar\"; expected \"deny\", \"local\" or \"share\" (did you mean \"share\"?)"
      ),
      (
        "schema = 1\n[sources]\nproduct = \"Share\"\n",
        "consent.toml:3:11: unknown value \"Share\"; expected \"deny\", \"local\" or \"share\" (did you mean \"share\"?)"
      ),
      (
        "schema = 1\n[sources]\nproduct = true\n",
        "consent.toml:3:11: 'product' is a boolean; expected \"deny\", \"local\" or \"share\", for example product = \"deny\""
      ),
      (
        "schema = 1\n[sources]\nenviroment = \"deny\"\n",
        "consent.toml:3:1: unknown key 'enviroment' in [sources]; expected one of 'product', 'environment', 'interaction', 'usage', 'process', 'customer' or 'industry'; did you mean 'environment'?"
      ),
      (
        "schema = 1\nuntill = 2027-01-01\n[sources]\n",
        "consent.toml:2:1: unknown key 'untill'; expected one of 'schema', 'supplier', 'accepts', 'accepted_by', 'accepted_on', 'until', 'sources', 'withhold', 'redact' or 'resolution'; did you mean 'until'?"
      ),
      (
        "schema = 1\nuntil = \"2027-01-01\"\n[sources]\n",
        "consent.toml:2:9: 'until' is a string; expected a date, for example until = 2026-11-21"
      ),
      (
        "schema = 1\n[sources]\n[withhold]\nsignals = [\"system.netwrk.io\"]\n",
        "consent.toml:4:12: \"system.netwrk.io\" is no signal of the catalog; expected a name or pattern that matches one; did you mean \"system.network.io\"?"
      ),
      (
        "schema = 1\n[sources]\n[withhold]\nsignals = [\"system.netwrok.*\"]\n",
        "consent.toml:4:12: \"system.netwrok.*\" is no signal of the catalog; expected a name or pattern that matches one; did you mean \"system.network.*\"?"
      ),
      (
        "schema = 1\n[sources]\n[withhold]\nsignals = [\"system.uptime\", \"nothing.*\"]\n",
        "consent.toml:4:29: \"nothing.*\" is no signal of the catalog; expected a name or pattern that matches one; `accord preview` shows all that are sampled"
      ),
      (
        "schema = 1\n[sources]\n[withhold]\n",
        "consent.toml:3:1: 'signals' is missing in [withhold]; expected signals = [\"…\"]"
      ),
      (
        "schema = 1\n[sources]\n[redact]\n\"host.nam\" = \"drop\"\n",
        "consent.toml:4:1: unknown key 'host.nam' in [redact]; did you mean 'host.name'?"
      ),
      (
        "schema = 1\n[sources]\n[redact]\n\"hosts.*\" = \"drop\"\n",
        "consent.toml:4:1: \"hosts.*\" is no attribute of the catalog; expected a name or pattern that matches one; did you mean \"host.*\"?"
      ),
      (
        "schema = 1\n[sources]\n[redact]\n\"host.*\" = \"hide\"\n",
        "consent.toml:4:12: unknown value \"hide\"; expected \"keep\", \"hash\" or \"drop\""
      ),
      (
        "schema = 1\n[sources]\n[redact]\nhost.name = \"drop\"\n",
        "consent.toml:4:1: unknown key 'host' in [redact]"
      ),
      (
        "schema = 1\n[sources]\n[resolution]\nenvironment = \"15 minutes\"\n",
        "consent.toml:4:15: \"15 minutes\" is not a duration; expected a whole number and ms, s, min, h, day or days"
      ),
      ("schema = 1\n[sources]\nproduct = \"share\n", "consent.toml:3:"),
    ])
  func refused(_ text: String, _ expected: String) throws {
    let problem = try #require(throws: FileProblem.self) { try parsedConsent(text).get() }
    if expected.contains("[redact]") || expected.hasSuffix(":") {
      // Longer than anybody wants to read here: the list of all keys, or a sentence of the TOML reader.
      for part in expected.split(separator: "; ") { #expect("\(problem)".contains(part)) }
    } else {
      #expect("\(problem)" == expected)
    }
  }

  @Test("a file that is cut short anywhere either fails, or says no more than the whole file")
  func cutShort() throws {
    let whole = try parsedConsent(exampleConsent).get()
    for length in 0..<exampleConsent.utf8.count {
      let cut = String(decoding: Array(exampleConsent.utf8.prefix(length)), as: UTF8.self)
      guard case .success(let part) = parsedConsent(cut) else { continue }
      for (source, mode) in part.sources { #expect(whole.sources[source]?.value == mode.value) }
    }
  }
}
