// The other side of SectionStream: what the process of a section writes.

internal import Linux

package enum SectionWriter {
  /// Begins a file of the section; everything that is printed from now on is its content.
  package static func file(_ name: String) { command("file", name) }

  /// Says that there is nothing to tell, and why.
  package static func absent(_ reason: String) { command("absent", reason) }

  /// Says why the section cannot be made, before the process ends with an error.
  package static func failed(_ reason: String) { command("failed", reason) }

  /// Says what could not be read.
  package static func problem(_ text: String) { command("problem", text) }

  private static func command(_ word: String, _ text: String) {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 }))
    Process.print("\u{1}\(word) \(line)\n", to: 1)
  }
}
