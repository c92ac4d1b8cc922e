import Linux
import Testing

@Suite("Names with stars")
struct NamePatternTests {
  @Test(
    "a star stands for any characters, also none, and everything else for itself",
    arguments: [
      ("eth0", "eth0", true), ("eth0", "eth01", false), ("eth", "eth0", false),
      ("veth*", "veth", true),
      ("veth*", "veth1a", true), ("veth*", "xveth", false), ("*", "", true),
      ("*", "anything", true),
      ("*0*", "eth0", true), ("*0*", "eth", false), ("a*b*c", "aXbYbZc", true),
      ("a*b*c", "aXbYbZ", false), ("**", "x", true), ("", "", true), ("", "x", false),
      ("eth?", "eth0", false), ("*ab", "aab", true), ("*aab*", "aaaab", true),
    ])
  func patterns(pattern: String, name: String, expected: Bool) {
    #expect(NamePattern(pattern).matches(name) == expected)
  }
}
