// Rule 8 a second time.

/// What a counter leaves as, reading by reading in the order in which they were sealed.
struct CounterModel {
  private struct State {
    var boot: String
    var last: Int64
    var baseline: Int64
  }

  private var states: [String: State] = [:]

  mutating func leaving(_ value: Int64, _ series: String, _ key: MomentKey) -> Int64 {
    var state = states[series] ?? State(boot: key.boot, last: value, baseline: value)
    if state.boot != key.boot {
      state.baseline = 0
    } else if value < state.last {
      state.baseline = value
    }
    (state.boot, state.last) = (key.boot, value)
    states[series] = state
    return value - state.baseline
  }
}
