internal import ArgumentParser
internal import Diagnostics
internal import HTTPS
internal import JSON
internal import Linux

struct DoctorCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Why an upload does not get through: goes its way layer by layer. Changes nothing.",
    discussion: """
      Settings, ownership, systemd units, clock, disk, offer, agreement, DNS, proxy, TCP, TLS, HTTP, authentication: \
      what is found at each, ok, warning or failed, and the one thing to do. What fails at the units, the clock, the \
      disk or the offer does not end the way; anything else does. The receiver gets one request, without readings. \
      Without an agreement that shares something nobody is contacted, DNS included.

      Exit codes: 0 all in order or worth a warning, 1 a layer failed, 4 no valid agreement.

      Example: accord doctor
      """)

  @OptionGroup var installation: InstallationOptions

  @Flag(help: "Contact the receiver of the offer although nothing is shared with it.")
  var withoutAgreement = false

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    let diagnosis = Diagnosis.make(
      installation.locations, AgreementInForce.read(installation.locations), clock: SystemClock(),
      contacting: withoutAgreement ? .always : .ifShared)
    if installation.json {
      printObject(diagnosis)
    } else {
      Self.lines(diagnosis).forEach(Output.print)
    }
    if diagnosis.hasFailed { throw CommandFailure(.failed, "") }
    if !diagnosis.hasAgreement { throw CommandFailure(.noAgreement, "") }
  }

  static func lines(_ diagnosis: Diagnosis) -> [String] {
    let rows = diagnosis.findings.flatMap { finding in
      [[finding.layer.rawValue, finding.state.rawValue, finding.text]]
        + finding.certificates.map {
          ["", "", "\($0.subject), issued by \($0.issuer), until \(Self.end($0) ?? "unknown")"]
        }
    }
    return Output.described(rows)
  }

  private func printObject(_ diagnosis: Diagnosis) {
    Output.object { object in
      object.array("layers") { list in
        for finding in diagnosis.findings {
          list.object { entry in
            entry.member("layer", finding.layer.rawValue)
            entry.member("state", finding.state.rawValue)
            entry.member("text", finding.text)
            entry.array("certificates") { list in
              for certificate in finding.certificates {
                list.object { entry in
                  entry.member("subject", certificate.subject)
                  entry.member("issuer", certificate.issuer)
                  entry.member("not_after", Self.end(certificate))
                }
              }
            }
          }
        }
      }
    }
  }

  private static func end(_ certificate: Certificate) -> String? {
    certificate.notAfterUnixSeconds.map { CalendarTime.rfc3339(milliseconds: $0 * 1000) }
  }
}
