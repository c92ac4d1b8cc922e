internal import CLinux

/// A terminal at one of the standard files.
package enum Terminal {
  /// How many characters go into a line, and how many lines on the screen; nil when it is no terminal, or one that does
  /// not know. The corresponding C function is `ioctl` (TIOCGWINSZ, ioctl_tty(2)).
  package static func size(of descriptorNumber: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard unsafe linux_terminal_size(descriptorNumber, &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
