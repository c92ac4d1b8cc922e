// Rule 8 a second time: what a counter may leave as, reading by reading in the order in which they were sealed.
//
// It counts from the grant's first sealed reading. Where a word took a series away, or changed its attributes, the
// product may count anew from the first reading after that, which tells less; so there may be several beginnings. All
// of them lie within the grant.

struct CounterModel {
  private struct State {
    var boot: String
    var last: Int64
    var beginnings: Set<Int64>
    /// As its attributes stood in the last batch.
    var text: String
    var mayBeginAnew = false
  }

  private struct Key: Hashable {
    let grant: String
    let place: Int
  }

  private var states: [Key: State] = [:]

  /// What was taken from a series by a word begins anew.
  mutating func takeAway(_ isTaken: (SimulatedSeries) -> Bool) {
    for key in states.keys where isTaken(Machine.series[key.place]) {
      states[key]?.mayBeginAnew = true
    }
  }

  /// - Parameters:
  ///   - place: which series of the machine it is.
  ///   - text: its attributes, as the batch has them.
  mutating func leaving(
    _ value: Int64, _ grant: String, _ place: Int, _ text: String, _ key: MomentKey
  ) -> [Int64] {
    let name = Key(grant: grant, place: place)
    var state =
      states[name] ?? State(boot: key.boot, last: value, beginnings: [value], text: text)
    if state.boot != key.boot {
      state.beginnings = [0]
    } else if value < state.last {
      state.beginnings = [value]
    }
    if state.mayBeginAnew || state.text != text { state.beginnings.insert(value) }
    (state.boot, state.last, state.text, state.mayBeginAnew) = (key.boot, value, text, false)
    states[name] = state
    return state.beginnings.map { value - $0 }
  }
}
