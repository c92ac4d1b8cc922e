// The two halves that the tests start from, and how they become an agreement.

import TOML
import Telemetry

@testable import Handshake

let exampleOffer = """
  schema = 1
  supplier = "Example Devices Ltd"
  revision = 2
  contact = "privacy@example.com"

  [delivery]
  endpoint = "https://telemetry.example.com:4318"

  [product]
  purpose = "Tell you about faults before they hurt"
  benefit = "Proactive replacement of worn parts"
  retention = "400 days"
  resolution = "15min"
  signals = ["os.*", "system.uptime"]

  [environment]
  purpose = "Recognise overheating and full disks"
  benefit = "A yearly site-health report"
  retention = "90 days"
  resolution = "60s"
  signals = ["system.cpu.*", "system.memory.*"]
  extremes = ["system.cpu.load_average.1m"]

  """

let exampleConsent = """
  schema = 1
  supplier = "Example Devices Ltd"
  accepts = 2

  [sources]
  product = "share"
  environment = "share"

  """

/// 2026-11-21 00:00 UTC.
let today: Int64 = 1_795_219_200_000
let dayMilliseconds: Int64 = 86_400_000

func parsedConsent(_ text: String) -> Result<Consent, FileProblem> {
  do {
    return .success(try Consent(parsing: Array(text.utf8)))
  } catch {
    return .failure(FileProblem(file: "consent.toml", error))
  }
}

func parsedOffer(_ text: String) -> Result<Offer, FileProblem> {
  do {
    return .success(try Offer(parsing: Array(text.utf8)))
  } catch {
    return .failure(FileProblem(file: "offer.toml", error))
  }
}

/// What the two files come to; nil is a file that is not there. `accepted` is the offer as it was when the customer
/// accepted it, if that was earlier.
func agreement(
  consent: String? = exampleConsent, offer: String? = exampleOffer, accepted: String? = nil,
  now: Int64 = today
) -> Agreement {
  Agreement(
    consent: consent.map(parsedConsent), consentFile: "consent.toml", offer: offer.map(parsedOffer),
    offerFile: "offer.toml",
    kept: accepted.map { parsedOffer($0).map(AcceptedOffer.init(freezing:)) },
    nowMilliseconds: now)
}

extension String {
  /// The text with one passage replaced, which must be there exactly once.
  func editing(_ old: String, _ new: String) -> String {
    precondition(ranges(of: old).count == 1, "'\(old)' does not stand there once")
    return replacing(old, with: new)
  }
}

/// The signals that the gate meets in these tests.
let cpuTime = Catalog.cpuTime
let load = Catalog.load1
let memory = Catalog.memoryUsage
let traffic = Catalog.networkIO
let uptime = Catalog.uptime

/// Random numbers that come back for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
