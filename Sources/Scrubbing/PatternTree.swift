// Many texts sought at once in one pass (Aho and Corasick, 1975): a tree of the texts, in which every node knows the
// node of the longest of its ends that begins a text too. A byte is looked at once, however many texts there are;
// what is followed back was gone forward before.

struct PatternTree: Sendable {
  /// How much is taken in; what is left out is said by `isComplete`.
  static let nodesMax = 1 << 18

  private var children: [Int32] = [-1]
  private var siblings: [Int32] = [-1]
  private var bytes: [UInt8] = [0]
  private var failures: [Int32] = [0]
  /// The nearest node, this one or one reached by failures, that ends a pattern; -1 when there is none.
  private var endings: [Int32] = [-1]
  private var depths: [Int32] = [0]
  /// The pattern that ends at the node itself.
  private var patterns: [Int32] = [-1]
  private var roots: [Int32] = Array(repeating: 0, count: 256)
  private(set) var isComplete = true

  init(_ texts: [[UInt8]]) {
    for (index, text) in texts.enumerated() { insert(text, Int32(index)) }
    link()
  }

  private mutating func insert(_ text: [UInt8], _ pattern: Int32) {
    guard bytes.count + text.count <= Self.nodesMax else {
      isComplete = false
      return
    }
    var node: Int32 = 0
    for byte in text {
      if let next = child(node, byte) {
        node = next
        continue
      }
      let next = Int32(bytes.count)
      bytes.append(byte)
      siblings.append(children[Int(node)])
      children[Int(node)] = next
      children.append(-1)
      failures.append(0)
      endings.append(-1)
      depths.append(depths[Int(node)] + 1)
      patterns.append(-1)
      if node == 0 { roots[Int(byte)] = next }
      node = next
    }
    // The first of equal texts counts.
    if node != 0, patterns[Int(node)] < 0 { patterns[Int(node)] = pattern }
  }

  private func child(_ node: Int32, _ byte: UInt8) -> Int32? {
    if node == 0 { return roots[Int(byte)] == 0 ? nil : roots[Int(byte)] }
    var next = children[Int(node)]
    while next >= 0 {
      if bytes[Int(next)] == byte { return next }
      next = siblings[Int(next)]
    }
    return nil
  }

  /// Level by level, so that what a failure leads to is finished.
  private mutating func link() {
    var queue: [Int32] = [0]
    var head = 0
    while head < queue.count {
      let node = queue[head]
      head += 1
      var next = children[Int(node)]
      while next >= 0 {
        let failure = node == 0 ? 0 : step(failures[Int(node)], bytes[Int(next)])
        failures[Int(next)] = failure
        endings[Int(next)] = patterns[Int(next)] >= 0 ? next : endings[Int(failure)]
        queue.append(next)
        next = siblings[Int(next)]
      }
    }
  }

  /// The node after one more byte, which is in lower case.
  func step(_ node: Int32, _ byte: UInt8) -> Int32 {
    var node = node
    while true {
      if let next = child(node, byte) { return next }
      if node == 0 { return 0 }
      node = failures[Int(node)]
    }
  }

  /// Calls `body` with the pattern and the length of each text that ends at `node`, the longest first, until it
  /// returns true.
  func forEachEnding(at node: Int32, _ body: (_ pattern: Int, _ length: Int) -> Bool) {
    var ending = endings[Int(node)]
    while ending >= 0 {
      if body(Int(patterns[Int(ending)]), Int(depths[Int(ending)])) { return }
      ending = endings[Int(failures[Int(ending)])]
    }
  }

  func hasEnding(at node: Int32) -> Bool { endings[Int(node)] >= 0 }
}
