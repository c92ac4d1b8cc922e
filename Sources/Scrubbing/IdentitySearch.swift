// The last look at a dump: whether anything that identifies the appliance is in it after all. Bytes come in pieces of
// any size, as they are written, and what lies across a border is found like anything else. What is searched for, and
// what is not, is said at the head of Identity.

package struct IdentitySearch: Sendable {
  package struct Match: Equatable, Sendable {
    package let identity: Identity
    /// Of the first byte, from the beginning of what was fed.
    package let offset: Int
  }

  private let finder: IdentityFinder
  private var node: Int32 = 0
  /// The bytes before the next one; enough to judge what stands before the longest text.
  private var tail: [UInt8] = []
  private var offset = 0
  /// Whole words that end where the bytes end so far: the next byte decides.
  private var pending: Match?

  package init(_ identities: [Identity]) { finder = IdentityFinder(identities) }

  /// The identities of which nothing stands in the text. Of a secret of several words what is left counts by itself: an
  /// ordinary word in it does not make a secret of the others one less.
  package static func identities(_ identities: [Identity], notIn text: [UInt8]) -> [Identity] {
    let found = IdentityFinder(identities).spellings(in: Text(text))
    return identities.flatMap { identity -> [Identity] in
      let left = identity.spellings.filter { !found.contains($0.bytes) }
      if left.count == identity.spellings.count { return [identity] }
      guard identity.kind == .secret else { return [] }
      return left.map { Identity(.secret, String(decoding: $0.bytes, as: UTF8.self)) }
    }
  }

  /// Whether everything that can be searched for is; false when there was too much of it.
  package var isComplete: Bool { finder.isComplete }

  /// The first match that is certain with these bytes. After one, what follows is not looked at further.
  package mutating func feed(_ chunk: [UInt8]) -> Match? {
    for byte in chunk {
      if let match = pending, !ASCII.isAlphanumeric(byte) { return match }
      pending = nil
      node = finder.tree.step(node, ASCII.lowercased(byte))
      tail.append(byte)
      offset += 1
      if tail.count > 2 * finder.longest + 2 { tail.removeFirst(tail.count - finder.longest - 1) }
      guard finder.tree.hasEnding(at: node) else { continue }
      if let match = matchHere() { return match }
    }
    return nil
  }

  /// To be called at the end of each file: a word may end with it. Begins anew.
  package mutating func finish() -> Match? {
    let match = pending
    (node, offset, pending) = (0, 0, nil)
    tail.removeAll(keepingCapacity: true)
    return match
  }

  private mutating func matchHere() -> Match? {
    var found: Match?
    var waiting: Match?
    finder.tree.forEachEnding(at: node) { pattern, length in
      let match = Match(identity: finder.identity(pattern), offset: offset - length)
      guard finder.isWholeWord(pattern) else {
        found = match
        return true
      }
      let before = tail.count - length - 1
      if waiting == nil, before < 0 || !ASCII.isAlphanumeric(tail[before]) { waiting = match }
      return false
    }
    pending = waiting
    return found
  }
}

/// The tree of all spellings of all identities.
struct IdentityFinder: Sendable {
  let tree: PatternTree
  private let identities: [Identity]
  private let owners: [(identity: Int, isWholeWord: Bool)]
  /// Bytes of the longest spelling.
  let longest: Int

  init(_ identities: [Identity]) {
    var texts: [[UInt8]] = []
    var owners: [(identity: Int, isWholeWord: Bool)] = []
    var seen: Set<[UInt8]> = []
    for (index, identity) in identities.enumerated() {
      for spelling in identity.spellings where seen.insert(spelling.bytes).inserted {
        texts.append(spelling.bytes)
        owners.append((index, spelling.isWholeWord))
      }
    }
    self.identities = identities
    self.owners = owners
    longest = texts.map(\.count).max() ?? 0
    tree = PatternTree(texts)
  }

  var isComplete: Bool { tree.isComplete }

  func identity(_ pattern: Int) -> Identity { identities[owners[pattern].identity] }
  func isWholeWord(_ pattern: Int) -> Bool { owners[pattern].isWholeWord }

  /// Every spelling that stands in the text.
  func spellings(in text: Text) -> Set<[UInt8]> {
    var found: Set<[UInt8]> = []
    forEachPlace(in: text) { _, place in
      found.insert(ASCII.lowercased(Array(text.bytes[place])))
      return false
    }
    return found
  }

  /// Every place where an identity stands: from left to right, of those that begin at one place the longest.
  func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    forEachPlace(in: text) { pattern, place in
      marks.append(Mark(place, identity(pattern).replacement))
      return true
    }
    return marks
  }

  /// Of those that end at one place the longest first; `body` returns whether it is enough of these.
  private func forEachPlace(in text: Text, _ body: (_ pattern: Int, Range<Int>) -> Bool) {
    var node: Int32 = 0
    for index in 0..<text.count {
      node = tree.step(node, ASCII.lowercased(text.bytes[index]))
      guard tree.hasEnding(at: node) else { continue }
      tree.forEachEnding(at: node) { pattern, length in
        let place = index + 1 - length..<index + 1
        let isInside =
          ASCII.isAlphanumeric(text[place.lowerBound - 1])
          || ASCII.isAlphanumeric(text[place.upperBound])
        return isInside && isWholeWord(pattern) ? false : body(pattern, place)
      }
    }
  }
}
