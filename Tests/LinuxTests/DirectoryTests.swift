import Glibc
import Linux
import TestSupport
import Testing

@Suite("The way to a file")
struct DirectoryTests {
  let directory: TemporaryDirectory
  private let root: String

  init() throws {
    directory = try TemporaryDirectory()
    root = try Directory.way(to: directory.path("")).end
    try directory.write("a/b/file", "")
  }

  /// The folders below the temporary one.
  private func folders(to path: String) throws -> [String] {
    try Directory.way(to: path).folders.compactMap {
      $0.hasPrefix(root) ? "." + $0.dropFirst(root.count) : nil
    }
  }

  @Test("every folder from the root on is named once, whatever detours the path makes")
  func folders() throws {
    #expect(try folders(to: "\(root)/a/b/file") == [".", "./a", "./a/b"])
    #expect(try folders(to: "\(root)//a/./b/../b/file") == [".", "./a", "./a/b"])
    #expect(try folders(to: "\(root)/a/missing/file") == [".", "./a", "./a/missing"])
    #expect(try Directory.way(to: "/") == ([], "/"))
    #expect(try Directory.way(to: "/../etc").folders == ["/"])
    #expect(try Directory.way(to: "/../etc").end == "/etc")
  }

  @Test("links are followed, and the folders that they lead through are on the way")
  func links() throws {
    #expect(symlink("a/b", root + "/short") == 0)
    #expect(symlink("../../short/file", root + "/a/b/back") == 0)
    #expect(symlink(root + "/a/b/back", root + "/absolute") == 0)
    #expect(try folders(to: root + "/short/file") == [".", "./a", "./a/b"])
    let way = try Directory.way(to: root + "/absolute")
    #expect(way.end == root + "/a/b/file")
    #expect(try folders(to: root + "/absolute") == [".", "./a", "./a/b"])
    #expect(symlink("round", root + "/round") == 0)
    #expect(throws: SystemError.self) { try Directory.way(to: root + "/round") }
  }

  @Test("a relative path starts in the folder of the program")
  func relative() throws {
    let way = try Directory.way(to: "x/y")
    #expect(way.folders.first == "/" && way.end.hasSuffix("/x/y"))
  }

  @Test("a link, a pipe and a socket are what they are, and opening them plainly does not wait")
  func plain() throws {
    let link = root + "/link"
    #expect(symlink("a/b/file", link) == 0)
    #expect(mkfifo(root + "/pipe", 0o600) == 0)
    #expect(try FileState.of(link, followsLink: false)?.kind == "a symbolic link")
    #expect(try FileState.of(link)?.kind == "a regular file")
    #expect(try FileState.of(root + "/pipe")?.kind == "a pipe")
    #expect(throws: SystemError.self) { _ = try FileDescriptor.open(link, .readOnlyPlain) }
    #expect(try FileDescriptor.open(root + "/pipe", .readOnlyPlain).state().kind == "a pipe")
    #expect(try FileDescriptor.open("/dev/null", .readOnlyPlain).state().kind == "a device")
    #expect(try FileDescriptor.open(root, .readOnlyPlain).state().kind == "a directory")
  }
}
