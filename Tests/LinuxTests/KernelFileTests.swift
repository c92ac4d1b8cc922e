import Linux
import TestSupport
import Testing

@Suite("A kernel file that is kept open")
struct KernelFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func text(_ file: inout KernelFile) throws -> String? {
    try file.withContents { String(decoding: $0.copy(0..<$0.byteCount), as: UTF8.self) }
  }

  @Test(
    "a file of any length up to the limit is read whole",
    arguments: [0, 1, 4095, 4096, 4097, 20_000])
  func whole(length: Int) throws {
    let content = String((0..<length).map { Character(Unicode.Scalar(UInt8(97 + $0 % 26))) })
    var file = KernelFile(try directory.write("file", content), limitBytes: 20_000)
    #expect(try text(&file) == content)
    #expect(try text(&file) == content)
  }

  @Test(
    "a file beyond the limit is refused by name, and read again when it is shorter",
    arguments: [11, 5000])
  func tooLong(limit: Int) throws {
    let path = try directory.write("file", String(repeating: "x", count: limit + 1))
    var file = KernelFile(path, limitBytes: limit)
    #expect { try text(&file) } throws: { "\($0)" == "cannot read \(path): File too large" }
    try directory.write("file", String(repeating: "x", count: limit))
    #expect(try text(&file)?.count == limit)
  }

  @Test("a file of the kernel that comes in pieces is read to its last line")
  func pieces() throws {
    var file = KernelFile("/proc/self/smaps")
    let text = try #require(try text(&file))
    #expect(text.utf8.count > 4096)
    let last = try #require(text.split(separator: "\n").last)
    #expect(last.hasPrefix("VmFlags:"))
    #expect(text.last == "\n")
  }

  @Test("what is written over the content is seen through the open descriptor")
  func changes() throws {
    var file = KernelFile(try directory.write("file", "first, and longer"))
    #expect(try text(&file) == "first, and longer")
    try directory.write("file", "second")
    #expect(try text(&file) == "second")
  }

  @Test("an absent file is nil, and is found when it appears")
  func appears() throws {
    var file = KernelFile(directory.path("missing/file"))
    #expect(try text(&file) == nil)
    try directory.write("missing/file", "here")
    #expect(try text(&file) == "here")
  }

  @Test("a file below a plain file is absent")
  func noDirectory() throws {
    var file = KernelFile(try directory.write("file", "") + "/file")
    #expect(try text(&file) == nil)
  }

  @Test("what the kernel takes away while it is open is absent")
  func vanishes() throws {
    let command = try Command("cat")
    var file = KernelFile("/proc/\(command.identifier)/stat")
    #expect(try text(&file)?.hasPrefix("\(command.identifier) (") == true)
    command.kill()
    #expect(try text(&file) == nil)
    #expect(try text(&file) == nil)
  }

  @Test("a directory in the file's place is a failure that names it")
  func isDirectory() throws {
    try directory.write("file/other", "")
    var file = KernelFile(directory.path("file"))
    #expect { try text(&file) } throws: {
      "\($0)" == "cannot read \(directory.path("file")): Is a directory"
    }
  }

  @Test(
    "a root goes in front of the kernel's path, with or without its last slash",
    arguments: [
      ("/", "/proc/stat"), ("/tmp/a", "/tmp/a/proc/stat"), ("/tmp/a/", "/tmp/a/proc/stat"),
    ])
  func roots(root: String, expected: String) {
    #expect(KernelRoot(root).path("/proc/stat") == expected)
  }
}
