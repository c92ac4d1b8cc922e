internal import Linux

/// What a person sees who waits longer than a second: one line that changes, on a terminal only.
final class ProgressLine {
  private static let silentMilliseconds: Int64 = 1_000

  private let begun = SystemClock().bootTimeMilliseconds
  private var isShown = false

  func show(_ text: String) {
    guard SystemClock().bootTimeMilliseconds - begun > Self.silentMilliseconds,
      Process.isTerminal(2)
    else { return }
    isShown = true
    Process.print("\r\(text)\u{1B}[K", to: 2)
  }

  func end() { if isShown { Process.print("\r\u{1B}[K", to: 2) } }
}
