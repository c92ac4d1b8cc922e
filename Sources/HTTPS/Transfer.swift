// What libcurl calls back into during a transfer. The callbacks are functions without captures;
// what they need comes through the context pointer, which is set for the time of one
// `curl_easy_perform` only. They neither throw nor trap: they note why the transfer is to end,
// return the value that ends it, and the client tells the caller when libcurl has returned.

import CCurl

/// The state of a transfer that is under way.
struct Transfer {
  enum End {
    case bodyTooLarge
    case interrupted
  }

  let bodyBytesMax: Int
  let shouldContinue: () -> Bool
  private(set) var body: [UInt8] = []
  /// Why this side ended the transfer; nil if it did not.
  private(set) var end: End?

  init(bodyBytesMax: Int, shouldContinue: @escaping () -> Bool) {
    self.bodyBytesMax = bodyBytesMax
    self.shouldContinue = shouldContinue
  }

  /// Takes a piece of the body. The context is a `Transfer`.
  static let receiveBody: curl_body_receiver = { bytes, size, count, context in
    guard let transfer = unsafe context?.assumingMemoryBound(to: Transfer.self) else { return 0 }
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.pointee.append(piece) ? piece.count : 0
  }

  /// Asks whether to go on. The context is a `Transfer`. libcurl calls this whenever something
  /// moved, and once a second when nothing does.
  static let observeProgress: curl_progress_observer = { context, _, _, _, _ in
    guard let transfer = unsafe context?.assumingMemoryBound(to: Transfer.self) else { return 1 }
    return unsafe transfer.pointee.goesOn() ? 0 : 1
  }

  private mutating func append(_ piece: UnsafeRawBufferPointer) -> Bool {
    guard piece.count <= bodyBytesMax - body.count else {
      end = .bodyTooLarge
      return false
    }
    unsafe body.append(contentsOf: piece)
    return true
  }

  private mutating func goesOn() -> Bool {
    if shouldContinue() { return true }
    end = .interrupted
    return false
  }
}
