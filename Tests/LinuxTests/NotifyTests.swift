import Glibc
import Linux
import TestSupport
import Testing

@Suite("The service manager's socket")
struct NotifyTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("messages arrive whole, one by one, at a path")
  func path() throws {
    let mailbox = Mailbox(directory.path("notify"))
    let socket = try NotifySocket.open(directory.path("notify"))
    let messages = ["READY=1\nSTATUS=ä", "WATCHDOG=1"]
    let areTaken = messages.map { socket.send(Array($0.utf8)) }
    #expect(areTaken == [true, true] && mailbox.take() == messages)
  }

  @Test("an abstract name reaches the socket of just that name")
  func abstract() throws {
    let name = "@accord-test-\(getpid())"
    let (mailbox, longer) = (Mailbox(name), Mailbox(name + "0"))
    let isTaken = try NotifySocket.open(name).send(Array("WATCHDOG=1".utf8))
    #expect(isTaken)
    #expect(mailbox.take() == ["WATCHDOG=1"] && longer.take().isEmpty)
  }

  @Test("a manager that is gone loses messages, and one that comes back gets the next")
  func comesAndGoes() throws {
    let path = directory.path("notify")
    let socket = try NotifySocket.open(path)
    var areTaken = [socket.send([65])]
    for _ in 0..<2 {
      let mailbox = Mailbox(path)
      areTaken.append(socket.send([66]))
      #expect(mailbox.take() == ["B"])
      unlink(path)
    }
    areTaken.append(socket.send([67]))
    #expect(areTaken == [false, true, true, false])
  }

  @Test("a manager that does not read holds nobody up")
  func full() throws {
    let mailbox = Mailbox(directory.path("notify"))
    let socket = try NotifySocket.open(directory.path("notify"))
    var taken = 0
    while taken < 100_000, socket.send([1]) { taken += 1 }
    #expect((1..<100_000).contains(taken))
    #expect(mailbox.take().count == taken)
    let isTaken = socket.send([1])
    #expect(isTaken)
  }

  @Test(
    "a name that is no path, no abstract name or too long is refused",
    arguments: ["", "/", "@", "notify", "vsock:2:1234", "/" + String(repeating: "n", count: 107)])
  func names(name: String) {
    #expect { _ = try NotifySocket.open(name) } throws: { error in
      "\(error)" == "cannot notify the service manager at '\(name)': Invalid argument"
    }
  }

  @Test("the longest path is reached")
  func longest() throws {
    let path = directory.path("")
    let name = path + String(repeating: "n", count: 107 - path.utf8.count)
    let mailbox = Mailbox(name)
    let isTaken = try NotifySocket.open(name).send([65])
    #expect(isTaken && mailbox.take() == ["A"])
  }
}
