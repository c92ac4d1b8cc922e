/// What firmware says of a board where nobody has told it: thousands of boards say the same, so it is no fact.
package enum FirmwareText {
  package static func isFiller(_ text: String) -> Bool { fillers.contains(text.lowercased()) }

  private static let fillers: Set<String> = [
    "", "to be filled by o.e.m.", "default string", "system manufacturer", "system product name",
    "system version", "not specified", "not applicable", "none", "unknown", "oem", "o.e.m.",
  ]
}
