extension String {
  /// Whether both are the same scalars.
  ///
  /// `==` is canonical equivalence: to it the ways to write é are one, and so are the letter K and
  /// the sign for kelvin. TOML compares scalars.
  package func isIdentical(to other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}

/// The candidate that a misspelt word was probably meant to be, nil when none is close.
///
/// Close is a distance of at most two, and of less than half of the shorter word: `shar` is near to
/// `share`, while `os` is not near to `hw`. Upper and lower case are the same here. Of equally near
/// candidates the first is taken.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
  let distanceMax = 2
  let letters = word.unicodeScalars.map(\.properties.lowercaseMapping)
  var best: (candidate: String, distance: Int)?
  for candidate in candidates {
    let others = candidate.unicodeScalars.map(\.properties.lowercaseMapping)
    // This also keeps a word of any length from costing more than its own length.
    guard abs(letters.count - others.count) <= distanceMax else { continue }
    let distance = editDistance(letters, others)
    guard distance <= distanceMax, distance * 2 < min(letters.count, others.count) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
  }
  return best?.candidate
}

/// The Damerau-Levenshtein distance in its restricted form (optimal string alignment): how many
/// letters to insert, remove, replace or swap with their neighbour, touching no letter twice.
private func editDistance(_ left: [String], _ right: [String]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    for column in right.indices {
      let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
      var distance = min(replaced, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        distance = min(distance, beforeLast[column - 1] + 1)
      }
      current.append(distance)
    }
    (beforeLast, last) = (last, current)
  }
  return last[right.count]
}
