internal import Configuration
internal import Handshake
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

/// The agreement as the two files say it at this moment.
enum AgreementInForce {
  /// - Parameter text: of a consent that is not there yet; nil is the file's.
  static func read(_ locations: Locations, ifConsentSays text: [UInt8]? = nil) -> Agreement {
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      record: StateDirectory(locations.state).acceptanceRecord,
      trusting: locations.trustedOwners)
    let clock = locations.clock
    let now = latestTime(locations, clock)
    _ = watch.refresh(bootTimeMilliseconds: clock.bootTimeMilliseconds, nowMilliseconds: now)
    guard let text else { return watch.agreement }
    return watch.agreement(ifConsentSays: text, nowMilliseconds: now)
  }

  /// The time by which `until` passes, as the daemon sees it.
  private static func latestTime(_ locations: Locations, _ clock: SystemClock) -> Int64 {
    let moment = (try? Ledger.trustedMoment(StateDirectory(locations.state))) ?? nil
    return TrustedMoment.latest(
      of: moment, wallMilliseconds: clock.wallTimeMilliseconds,
      boot: (try? clock.bootID()) ?? "", bootTimeMilliseconds: clock.bootTimeMilliseconds)
  }
}

extension Locations {
  /// Whose files are believed here.
  var trustedOwners: TrustedOwners { TrustedOwners(prefix: prefix) }
}

extension FilePlace {
  /// "consent.toml:12": what a person needs who knows the directory.
  var short: String {
    place.map { "\(Output.fileName(file)):\($0.line)" } ?? Output.fileName(file)
  }
}
