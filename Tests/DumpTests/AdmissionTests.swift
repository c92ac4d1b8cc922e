import Handshake
import Telemetry
import Testing

@testable import Dump

private let offer = """
  schema = 1
  supplier = "Example Devices Ltd"
  revision = 2
  contact = "privacy@example.com"
  delivery.endpoint = "https://telemetry.example.com:4318"
  [environment]
  purpose = "Recognise full disks"
  benefit = "A report"
  retention = "90 days"
  resolution = "60s"
  signals = ["system.cpu.*", "system.filesystem.*", "system.network.*"]
  """

private let consent = """
  schema = 1
  supplier = "Example Devices Ltd"
  accepts = 2
  sources.environment = "share"
  sources.product = "local"

  """

/// 2026-11-21 00:00 UTC.
private let today: Int64 = 1_795_219_200_000

private func agreement(_ consent: String?) throws -> Agreement {
  Agreement(
    consent: try consent.map { .success(try Consent(parsing: Array($0.utf8))) },
    consentFile: "consent.toml", offer: .success(try Offer(parsing: Array(offer.utf8))),
    offerFile: "offer.toml", kept: nil, nowMilliseconds: today)
}

private func section(
  _ source: DataSource?, _ signals: [String] = [], isLog: Bool = false, judgesItself: Bool = false
) -> DumpSection {
  DumpSection(
    name: "mounts", title: "Mounts", source: source, signals: signals, isLog: isLog,
    rights: .caller,
    judgesItself: judgesItself)
}

private func isWithheld(_ admission: Admission, by line: String) -> Bool {
  if case .withheld(let reason) = admission { reason.contains("(\(line))") } else { false }
}

@Suite struct AdmissionTests {
  private let plain = DumpRequest()
  private var withLocal: DumpRequest {
    var request = DumpRequest()
    request.includesLocal = true
    return request
  }

  @Test func `the agent's own state needs no agreement`() throws {
    for text in [nil, consent] as [String?] {
      #expect(Admission.of(section(nil), plain, under: try agreement(text)) == .admitted)
    }
  }

  @Test func `without a consent no source comes in, whatever is asked`() throws {
    let none = try agreement(nil)
    for source in DataSource.allCases {
      #expect(Admission.of(section(source), plain, under: none) != .admitted)
      #expect(Admission.of(section(source), withLocal, under: none) != .admitted)
      let readings = section(source, judgesItself: true)
      #expect(Admission.of(readings, withLocal, under: none) != .admitted)
    }
  }

  @Test func `an agreement that ended lets nothing in but the agent's own state`() throws {
    let ended = try agreement("until = 2026-11-20\n" + consent)
    #expect(Admission.of(section(nil), plain, under: ended) == .admitted)
    #expect(Admission.of(section(.environment), withLocal, under: ended) != .admitted)
  }

  @Test func `a shared source comes in, a local one when that is asked for, a denied one never`()
    throws
  {
    let agreed = try agreement(consent)
    #expect(Admission.of(section(.environment), plain, under: agreed) == .admitted)
    let local = Admission.of(section(.product), plain, under: agreed)
    #expect(isWithheld(local, by: "consent.toml:5"))
    #expect("\(local)".contains("--include-local"))
    #expect(Admission.of(section(.product), withLocal, under: agreed) == .admitted)
    #expect(Admission.of(section(.customer), withLocal, under: agreed) != .admitted)
  }

  @Test func `what the customer withholds keeps out every section that shows it, by its line`()
    throws
  {
    let withheld = try agreement(consent + "[withhold]\nsignals = [\"system.network.*\"]\n")
    let network = section(.environment, ["system.network.*"])
    #expect(Admission.of(network, plain, under: try agreement(consent)) == .admitted)
    #expect(isWithheld(.of(network, plain, under: withheld), by: "consent.toml:7"))
    #expect(isWithheld(.of(network, withLocal, under: withheld), by: "consent.toml:7"))
    let mounts = section(.environment, ["system.filesystem.*"])
    #expect(Admission.of(mounts, plain, under: withheld) == .admitted)
  }

  @Test func `what the offer does not ask for stays, until local data are asked for`() throws {
    let memory = section(.environment, ["system.memory.*"])
    let agreed = try agreement(consent)
    #expect(Admission.of(memory, plain, under: agreed) != .admitted)
    #expect(Admission.of(memory, withLocal, under: agreed) == .admitted)
  }

  @Test func `free text comes in only when it is asked for`() throws {
    var request = plain
    let log = section(nil, isLog: true)
    let agreed = try agreement(consent)
    #expect(Admission.of(log, request, under: agreed) != .admitted)
    request.withLogs = true
    #expect(Admission.of(log, request, under: agreed) == .admitted)
    #expect(Admission.of(section(.product, isLog: true), request, under: agreed) != .admitted)
  }

  @Test func `an override lets in what the agreement withholds, and nothing that nobody asked for`()
    throws
  {
    var request = plain
    request.isOverridden = true
    let none = try agreement(nil)
    #expect(Admission.of(section(.customer), request, under: none) == .admitted)
    #expect(Admission.of(section(.product, isLog: true), request, under: none) != .admitted)
    request.skip = ["mounts"]
    #expect(
      Admission.of(section(.customer), request, under: none) == .notAsked("left out by --skip"))
  }

  @Test func `only what is named comes in, less what is skipped`() throws {
    var request = plain
    request.only = ["clock"]
    let agreed = try agreement(consent)
    #expect(
      Admission.of(section(nil), request, under: agreed) == .notAsked("not named by --only"))
    request.only = ["mounts"]
    #expect(Admission.of(section(nil), request, under: agreed) == .admitted)
  }
}
