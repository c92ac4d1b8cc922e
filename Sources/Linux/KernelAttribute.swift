// A sysfs attribute: one file, one small value (https://docs.kernel.org/filesystems/sysfs.html).
//
// Unlike the tables of /proc it comes whole with one read, and a second read would ask the hardware again: a
// sensor on a slow bus takes milliseconds. What the driver cannot tell at this moment (a battery without a
// current, a fan that stands still, a chip that does not answer) is absent for one tick; the descriptor is
// given up only when the device is gone.

internal import CLinux

package struct KernelAttribute: ~Copyable {
  private let path: String
  private var descriptor: FileDescriptor?
  private var buffer: [UInt8]

  /// Longer than every number and every word that a probe knows.
  private static let bytesMax = 64

  /// - Parameter path: the whole path, with the kernel root in front.
  package init(_ path: String) {
    self.path = path
    buffer = [UInt8](repeating: 0, count: Self.bytesMax)
  }

  /// Reads the value and lends it, with its line break, to `body`. Returns nil when there is none.
  package mutating func withContents<Result>(_ body: (RawSpan) -> Result) -> Result? {
    do throws(SystemError) {
      if descriptor == nil { descriptor = try FileDescriptor.open(path, .readOnly) }
      let count = try descriptor!.read(into: &buffer, from: 0, at: 0)
      return body(unsafe buffer.span.bytes.extracting(0..<count))
    } catch {
      if error.isAbsence { descriptor = nil }
      return nil
    }
  }

  /// The first line of a small text file, without its line break; nil when it is absent, empty or unreadable.
  package static func text(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnlyAtOnce),
      let bytes = try? file.readAll(limitBytes: 4096)
    else { return nil }
    // The device tree ends its strings with a zero byte.
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}
