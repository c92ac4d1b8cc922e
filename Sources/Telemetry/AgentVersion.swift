/// The version of both programs, as the supplier sees it.
package enum AgentVersion {
  package static let text = "0.1.0"
}
