import TOML
import Testing

@Suite("The nearest spelling")
struct SpellingTests {
  private static let sources = [
    "product", "environment", "interaction", "usage", "process", "customer", "industry",
  ]

  @Test(
    "a slip finds the word that was meant",
    arguments: [
      ("enviroment", "environment"), ("produkt", "product"), ("usgae", "usage"),
      ("custommer", "customer"), ("Industry", "industry"), ("PROCESS", "process"),
      ("porcess", "process"), ("enviromnet", "environment"),
    ])
  func found(word: String, meant: String) {
    #expect(nearest(to: word, among: Self.sources) == meant)
  }

  @Test("a word that is too far from all finds nothing", arguments: ["", "p", "use", "telemetry"])
  func notFound(word: String) {
    #expect(nearest(to: word, among: Self.sources) == nil)
  }

  @Test("short words must be nearer than half their length")
  func short() {
    #expect(nearest(to: "os", among: ["hw", "ox"]) == nil)
    #expect(nearest(to: "cpu", among: ["gpu"]) == "gpu")
    #expect(nearest(to: "abcd", among: ["abxy"]) == nil)
  }

  @Test("the nearest wins, and of equals the first")
  func order() {
    #expect(nearest(to: "abcdef", among: ["abxxef", "abxdef", "abcdex"]) == "abxdef")
    #expect(nearest(to: "abcdef", among: []) == nil)
  }
}
