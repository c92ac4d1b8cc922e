import Glibc
import Linux
import TestSupport
import Testing

@Suite("Replacing a file")
struct AtomicFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(
    "the new content stands under the name, with the mode that was asked for",
    arguments: [AtomicFile.Durability.synchronised, .volatile])
  func replaces(durability: AtomicFile.Durability) throws {
    let path = try directory.write("file", "old")
    try AtomicFile.replace(path, with: Array("new".utf8), mode: 0o600, durability: durability)
    #expect(directory.read("file") == "new")
    #expect(try FileState.of(path)?.permissions == "600")
    #expect(directory.names == ["file"])
  }

  @Test("a file that is not there yet is made")
  func makes() throws {
    try AtomicFile.replace(
      directory.path("file"), with: [], mode: 0o640, durability: .synchronised)
    #expect(directory.read("file") == "")
  }

  @Test("the old content stays when the intermediate file cannot be opened")
  func unopened() throws {
    try directory.write("file", "old")
    try directory.write("file.new/occupied", "")
    #expect(throws: SystemError.self) { try replace() }
    #expect(directory.read("file") == "old")
  }

  @Test("a link or a pipe that lies in the way is removed, and not written to")
  func inTheWay() throws {
    try directory.write("other", "theirs")
    try #require(symlink(directory.path("other"), directory.path("file.new")) == 0)
    try replace()
    try #require(mkfifo(directory.path("file.new"), 0o600) == 0)
    try replace()
    #expect(directory.read("other") == "theirs" && directory.read("file") == "new")
    #expect(directory.names == ["file", "other"])
  }

  @Test(
    "the old content stays when the disk is full, and nothing lies about",
    .enabled(if: geteuid() == 0, "only root can make a device"))
  func full() throws {
    try directory.write("file", "old")
    // As /dev/full: the memory device 7.
    try #require(mknod(directory.path("file.new"), S_IFCHR | 0o600, 0x107) == 0)
    #expect { try replace() } throws: { "\($0)" == "cannot write: No space left on device" }
    #expect(directory.read("file") == "old")
    #expect(directory.names == ["file"])
  }

  @Test("what stands there stays when the rename fails, and nothing lies about")
  func unrenamed() throws {
    try directory.write("file/occupied", "old")
    #expect { try replace() } throws: {
      "\($0)" == "cannot replace \(directory.path("file")): Is a directory"
    }
    #expect(directory.read("file/occupied") == "old")
    #expect(directory.names == ["file"])
  }

  @Test("a missing directory is a failure that names the file")
  func noDirectory() {
    let path = directory.path("missing/file")
    #expect {
      try AtomicFile.replace(path, with: [], mode: 0o600, durability: .volatile)
    } throws: {
      "\($0)" == "cannot open \(path).new: No such file or directory"
    }
  }

  @Test("a file that people see keeps its mode, and a new one has the mode it was given")
  func rewrites() throws {
    let mask = umask(0o077)
    defer { umask(mask) }
    let path = try directory.write("file", "old")
    #expect(chmod(path, 0o664) == 0)
    let state = try FileState.of(path)
    try AtomicFile.rewrite(path, like: state, orMode: 0o600, with: Array("new".utf8))
    #expect(directory.read("file") == "new")
    let after = try FileState.of(path)
    #expect(
      after?.permissions == "664" && after?.owner == state?.owner && after?.group == state?.group)
    #expect(after?.inode != state?.inode)
    try AtomicFile.rewrite(directory.path("made"), like: nil, orMode: 0o644, with: [])
    #expect(try FileState.of(directory.path("made"))?.permissions == "644")
    #expect(directory.names == ["file", "made"])
  }

  @Test("a file is moved over another")
  func moves() throws {
    let (from, to) = (try directory.write("a", "new"), try directory.write("b", "old"))
    try AtomicFile.move(from, over: to)
    #expect(directory.read("b") == "new")
    #expect(directory.names == ["b"])
    #expect(throws: SystemError.self) { try AtomicFile.move(from, over: to) }
    #expect(directory.read("b") == "new")
  }

  @Test("removing is done when the file is gone, however often")
  func removes() throws {
    let path = try directory.write("file", "")
    try AtomicFile.remove(path)
    try AtomicFile.remove(path)
    #expect(directory.names == [])
    #expect(throws: SystemError.self) { try AtomicFile.remove(directory.path) }
  }

  private func replace() throws(SystemError) {
    try AtomicFile.replace(
      directory.path("file"), with: Array("new".utf8), mode: 0o600, durability: .synchronised)
  }
}

@Suite("An open file")
struct FileDescriptorTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(
    "a file is read whole up to its limit and refused beyond", arguments: [0, 1, 16_384, 40_000])
  func readsAll(length: Int) throws {
    let content = [UInt8](repeating: 7, count: length)
    let path = try directory.write("file", content)
    #expect(try FileDescriptor.open(path, .readOnly).readAll(limitBytes: length) == content)
    guard length > 0 else { return }
    #expect { try FileDescriptor.open(path, .readOnly).readAll(limitBytes: length - 1) } throws: {
      "\($0)" == "cannot read: File too large"
    }
  }

  @Test("reading and writing keeps what is there, replacing empties it")
  func access() throws {
    let path = try directory.write("file", "old content")
    try FileDescriptor.open(path, .readWrite(mode: 0o600)).write(Array("new".utf8))
    #expect(directory.read("file") == "new content")
    try FileDescriptor.open(path, .replace(mode: 0o600)).write([])
    #expect(directory.read("file") == "")
    #expect(throws: SystemError.self) {
      try FileDescriptor.open(path, .readOnly).write(Array("x".utf8))
    }
  }

  @Test("a descriptor is closed with its owner")
  func closes() throws {
    let path = try directory.write("file", "")
    // Far more than a process may have open at a time, by default 1024.
    for _ in 0..<5000 { _ = try FileDescriptor.open(path, .readOnly).state() }
  }

  @Test("a directory is made with what is missing above it, and may be there already")
  func directories() throws {
    let path = directory.path("a/b/c")
    try Directory.create(path, mode: 0o750)
    try Directory.create(path, mode: 0o750)
    #expect(try FileState.of(path)?.permissions == "750")
    try directory.write("file", "")
    #expect(throws: SystemError.self) {
      try Directory.create(directory.path("file/b"), mode: 0o750)
    }
  }
}

@Suite("What tells one state of a file from another")
struct FileStateTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  enum Change: CaseIterable {
    case content, sameSizeSameTime, permissions, permissionsAndBack, replacement, copyRenamedOver,
      size
  }

  @Test("every kind of change is noticed", arguments: Change.allCases)
  func notices(change: Change) throws {
    let path = try directory.write("file", "deny ")
    let before = try FileState.of(path)
    try waitForNextFileTime()
    #expect(try FileState.of(path) == before)
    try make(change, path)
    #expect(try FileState.of(path) != before)
  }

  @Test("another owner is noticed", .enabled(if: geteuid() == 0, "only root can give a file away"))
  func owner() throws {
    let path = try directory.write("file", "")
    let before = try #require(try FileState.of(path))
    try #require(chown(path, 1234, 1234) == 0)
    let after = try #require(try FileState.of(path))
    #expect(before != after && after.owner == 1234)
  }

  @Test("a missing file has no state, a link has the state of its target")
  func links() throws {
    #expect(try FileState.of(directory.path("missing")) == nil)
    #expect(try FileState.of(directory.write("file", "") + "/below") == nil)
    try #require(symlink(directory.path("file"), directory.path("link")) == 0)
    #expect(try FileState.of(directory.path("link")) == FileState.of(directory.path("file")))
  }

  @Test("a link that leads to itself is an error and not a missing file")
  func loop() throws {
    let path = directory.path("loop")
    try #require(symlink(path, path) == 0)
    #expect { try FileState.of(path) } throws: {
      "\($0)" == "cannot stat \(path): Too many levels of symbolic links"
    }
  }

  @Test(
    "who can write is read from the mode",
    arguments: [(0o644, false), (0o600, false), (0o664, true), (0o646, true), (0o620, true)])
  func modes(mode: mode_t, isWritableByOthers: Bool) throws {
    let path = try directory.write("file", "")
    try #require(chmod(path, mode) == 0)
    let state = try #require(try FileState.of(path))
    #expect(state.isWritableByOthers == isWritableByOthers)
    #expect(state.permissions == String(mode, radix: 8))
    #expect(state.isRegularFile)
    #expect(try FileState.of(directory.path)?.isRegularFile == false)
  }

  private func make(_ change: Change, _ path: String) throws {
    switch change {
    case .content: try directory.write("file", "share")
    case .size: try directory.write("file", "shared")
    case .sameSizeSameTime:
      var times = stat()
      try #require(stat(path, &times) == 0)
      try directory.write("file", "share")
      let old = [times.st_atim, times.st_mtim]
      try #require(utimensat(AT_FDCWD, path, old, 0) == 0)
    case .permissions: try #require(chmod(path, 0o666) == 0)
    case .permissionsAndBack:
      try #require(chmod(path, 0o666) == 0)
      try #require(chmod(path, 0o644) == 0)
    case .replacement:
      try AtomicFile.replace(path, with: Array("deny ".utf8), mode: 0o644, durability: .volatile)
    case .copyRenamedOver:
      let copy = try Command("cp -p '\(path)' '\(path).copy' && mv '\(path).copy' '\(path)'")
        .finish()
      try #require(copy.code == 0)
    }
  }

  /// File times are as coarse as the kernel's tick: waits until it has moved on.
  private func waitForNextFileTime() throws {
    try directory.write("clock", "")
    let start = try FileState.of(directory.path("clock"))?.changedNanoseconds
    while try FileState.of(directory.path("clock"))?.changedNanoseconds == start {
      try directory.write("clock", "")
    }
  }
}

@Suite("A lock between programs")
struct LockFileTests {
  let directory: TemporaryDirectory
  private var path: String { directory.path("lock") }

  init() throws { directory = try TemporaryDirectory() }

  /// Whether another program gets the lock at this moment.
  private func otherGets(_ mode: String) throws -> Bool {
    try Command("flock \(mode) --nonblock '\(path)' true").finish().code == 0
  }

  @Test("nobody else gets an exclusive lock as long as it is held")
  func exclusive() throws {
    do {
      let lock = try LockFile.acquire(path, .exclusive)
      let isHeld = lock != nil
      #expect(isHeld)
      #expect(try !otherGets("--exclusive"))
      #expect(try !otherGets("--shared"))
      let second = try LockFile.acquire(path, .exclusive) != nil
      #expect(!second)
    }
    #expect(try otherGets("--exclusive"))
  }

  @Test("a shared lock lets others share and nobody write")
  func shared() throws {
    let lock = try LockFile.acquire(path, .shared)
    let isHeld = lock != nil
    #expect(isHeld)
    #expect(try otherGets("--shared"))
    #expect(try !otherGets("--exclusive"))
  }

  @Test("the lock of a program that is killed is free")
  func killed() throws {
    let other = try Command("exec flock --no-fork '\(path)' sh -c 'echo held; exec cat'")
    other.waitForOutput()
    #expect(try isDenied())
    other.kill()
    #expect(try !isDenied())
  }

  private func isDenied() throws -> Bool { try LockFile.acquire(path, .exclusive) == nil }

  @Test("a lock that cannot be made is an error that names the file")
  func impossible() throws {
    #expect {
      let lock = try LockFile.acquire(directory.path("missing/lock"), .exclusive)
      _ = consume lock
    } throws: {
      "\($0)" == "cannot open \(directory.path("missing/lock")): No such file or directory"
    }
  }
}
