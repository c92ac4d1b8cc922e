// Every state in which one of the two files can be found: it is read as it is meant, or nothing is sampled and the
// sentence says where and why.

import Glibc
import Linux
import Telemetry
import Testing

@testable import Handshake

/// A state of the customer's file, and what is said of it: behind its path, nil when it is simply read.
struct FileCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let said: String?
  let make: @Sendable (Desk) -> Void

  init(_ name: String, _ said: String?, _ make: @escaping @Sendable (Desk) -> Void) {
    (testDescription, self.said, self.make) = (name, said, make)
  }

  /// A file that holds these bytes.
  static func bytes(_ name: String, _ said: String?, _ bytes: [UInt8]) -> FileCase {
    FileCase(name, said) { $0.write(bytes, to: $0.consent) }
  }

  static func text(_ name: String, _ said: String?, _ text: String) -> FileCase {
    bytes(name, said, Array(text.utf8))
  }

  static func mode(_ mode: UInt32, of folder: String = "", _ said: String?) -> FileCase {
    FileCase("mode \(String(mode, radix: 8)) of \(folder)", said) { desk in
      _ = chmod(folder.isEmpty ? desk.consent : desk.prefix + folder, mode)
    }
  }
}

@Suite("Rule 4: fail closed: whether a file is believed")
struct FileTrustTests {
  static let utf8 = "expected a file saved as UTF-8"
  static let integers = "expected a number from -9223372036854775808 to 9223372036854775807"
  static let deep = "arrays and inline tables stand in each other more than 8 deep"

  static let contents: [FileCase] = [
    .text("CR LF", nil, exampleConsent.replacing("\n", with: "\r\n")),
    .text("tabs and comments", nil, exampleConsent.replacing(" = ", with: "\t=\t") + "# x\t\n"),
    .text("256 KiB", nil, padded(exampleConsent, to: Limits.configurationFileBytesMax)),
    .text("empty", ":1:1: 'schema' is missing; expected schema = 1", ""),
    .text(
      "byte order mark",
      ":1:1: the file starts with a byte order mark; \(utf8) without byte order mark",
      "\u{FEFF}" + exampleConsent),
    .bytes("UTF-16", ":1:1: the file is saved as UTF-16; \(utf8)", utf16(exampleConsent)),
    .bytes(
      "UTF-16 with mark", ":1:1: the file is saved as UTF-16; \(utf8)",
      [0xFF, 0xFE] + utf16(exampleConsent)),
    .bytes(
      "Latin-1", ":8:4: the file is not valid UTF-8 here; \(utf8)",
      Array(exampleConsent.utf8) + [0x23, 0x20, 0x6D, 0xFC, 0x0A]),
    .text(
      "NUL byte",
      ":8:2: the file holds a NUL byte here; expected text; it may be cut short: save it again",
      exampleConsent + "#\0\n"),
    .text(
      "key given twice",
      ":8:1: 'environment' is already a string, at line 7, column 1; expected each key once",
      exampleConsent + "environment = \"deny\"\n"),
    .text(
      "table given twice",
      ":8:2: 'sources' is already a table, at line 5, column 1; expected all its keys below one header",
      exampleConsent + "[sources]\n"),
    .text(
      "number of 20 digits",
      ":3:11: 99999999999999999999 does not fit into 64 bits; \(integers)",
      exampleConsent.editing("accepts = 2", "accepts = " + String(repeating: "9", count: 20))),
    .text(
      "number of 200,000 digits",
      ":3:11: \(String(repeating: "9", count: 60))… does not fit into 64 bits; \(integers)",
      exampleConsent.editing("accepts = 2", "accepts = " + String(repeating: "9", count: 200_000))),
    .text(
      "10,000 brackets", ":8:13: \(deep); expected fewer brackets",
      exampleConsent + "x = " + String(repeating: "[", count: 10_000)),
    .text(
      "10,000 braces", ":8:29: \(deep); expected fewer brackets",
      exampleConsent + "x = " + String(repeating: "{a=", count: 10_000)),
    .text(
      "10,000 dots", ":8:17: the key has more than 8 parts; expected fewer dots",
      exampleConsent + String(repeating: "a.", count: 10_000)),
    .text(
      "256 KiB of keys",
      ":8:1: unknown key 'k0' in [sources]; expected one of 'product', 'environment', 'interaction', 'usage', "
        + "'process', 'customer' or 'industry'",
      exampleConsent + (0..<20_000).map { "k\($0) = 1\n" }.joined()),
    .text(
      "one byte too many",
      ": cannot read: File too large; expected a readable file of at most 256 KiB",
      padded(exampleConsent, to: Limits.configurationFileBytesMax + 1)),
  ]

  static let plain = "expected a plain text file"
  static let files: [FileCase] = [
    .mode(0o400, nil), .mode(0o600, nil), .mode(0o640, nil), .mode(0o755, nil),
    .mode(
      0o620,
      ": its mode is 620, so others can write it; expected a file that only its owner can write: "
        + "chmod go-w CONSENT"),
    .mode(0o700, of: "/etc", nil), .mode(0o1755, of: "/etc/accord", nil),
    .mode(0o777, of: "", said777),
    // Whoever named the prefix answers for it.
    .mode(0o777, of: "/.", nil),
    .mode(0o775, of: "/etc/accord", folder("/etc/accord", "775")),
    .mode(0o1777, of: "/etc/accord", folder("/etc/accord", "1777")),
    .mode(0o757, of: "/etc", folder("/etc", "757")),
    FileCase("symbolic link", link) { desk in
      _ = rename(desk.consent, desk.path + "/new.toml")
      _ = symlink("new.toml", desk.consent)
    },
    FileCase("symbolic link to nothing", link) { desk in
      _ = unlink(desk.consent)
      _ = symlink("/nowhere", desk.consent)
    },
    FileCase("directory", ": it is a directory; \(plain)") { desk in
      _ = unlink(desk.consent)
      _ = mkdir(desk.consent, 0o755)
    },
    FileCase("pipe", ": it is a pipe; \(plain)") { desk in
      _ = unlink(desk.consent)
      _ = mkfifo(desk.consent, 0o644)
    },
    FileCase("socket", ": it is a socket; \(plain)") { desk in
      _ = unlink(desk.consent)
      _ = mknod(desk.consent, S_IFSOCK | 0o644, 0)
    },
  ]

  static let rootsFiles: [FileCase] = [
    FileCase("device", ": it is a device; \(plain)") { desk in
      _ = unlink(desk.consent)
      _ = mknod(desk.consent, S_IFCHR | 0o644, dev_t(0x103))  // as /dev/null
    },
    FileCase(
      "somebody else's folder",
      ": its folder PREFIX/etc belongs to user 1234, who can replace it; expected a folder owned by root"
    ) { _ = chown($0.prefix + "/etc", 1234, 0) },
    FileCase(
      "somebody else's file", ": it belongs to user 1234; expected a file owned by root"
    ) { _ = chown($0.consent, 1234, 0) },
  ]

  @Test("whatever the file holds, it is read as meant or held with the place", arguments: contents)
  func content(_ file: FileCase) { check(file) }

  @Test(
    "whatever lies in the file's place, it is believed or held with the remedy", arguments: files)
  func place(_ file: FileCase) { check(file) }

  @Test("what only root can put there", .enabled(if: geteuid() == 0), arguments: rootsFiles)
  func rootsPlace(_ file: FileCase) { check(file) }

  private func check(_ file: FileCase) {
    let desk = Desk()
    file.make(desk)
    desk.look()
    guard let said = file.said else {
      #expect(desk.verdict == .share && desk.problem == nil, "\(desk.problem ?? "")")
      return
    }
    let sentence = (desk.consent + said).replacing("CONSENT", with: desk.consent)
      .replacing("PREFIX", with: desk.prefix)
    #expect(desk.problem?.hasPrefix(sentence) == true, "\(desk.problem ?? "no problem")")
    #expect(desk.watch.agreement.complaint?.hasSuffix(mended) == true)
    #expect(desk.verdict == .deny)
    for _ in 0..<3 { desk.look(after: 3_600_000) }
    #expect(!desk.hasSettled(at: desk.bootTime), "doubt never settles")
  }

  @Test(
    "a chmod of any folder on the way is noticed at the next look, and so is the mended one",
    arguments: ["/etc", "/etc/accord"])
  func folderChanges(_ folder: String) {
    let desk = Desk()
    desk.look()
    desk.look()
    #expect(chmod(desk.prefix + folder, 0o777) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .deny)
    #expect(!desk.look())
    #expect(chmod(desk.prefix + folder, 0o755) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .share)
    desk.write("x", to: desk.path + "/new.toml")
    #expect(!desk.look(), "a file that comes or goes beside them is no news")
  }

  @Test("a folder that a link leads to is judged with every folder on the way there")
  func linkedFolder() {
    let desk = Desk()
    let real = desk.prefix + "/data"
    #expect(mkdir(real, 0o755) == 0)
    #expect(rename(desk.path, real + "/accord") == 0)
    #expect(symlink("../data/accord", desk.path) == 0)
    defer {
      _ = unlink(desk.path)
      _ = rename(real + "/accord", desk.path)
      _ = rmdir(real)
    }
    desk.look()
    #expect(desk.verdict == .share)
    #expect(chmod(real, 0o777) == 0)
    #expect(desk.look())
    #expect(desk.problem?.contains("the mode of its folder \(real) is 777") == true)
  }

  @Test("the offer is judged as the consent is, and what is local goes on without it")
  func offer() {
    let desk = Desk(consent: exampleConsent.editing("product = \"share\"", "product = \"local\""))
    for (name, make) in [
      ("a pipe", { _ = mkfifo(desk.offer, 0o644) }),
      ("a symbolic link", { _ = symlink("consent.toml", desk.offer) }),
      ("a directory", { _ = mkdir(desk.offer, 0o755) }),
    ] {
      _ = unlink(desk.offer)
      make()
      desk.look()
      #expect(desk.problem?.hasPrefix("\(desk.offer): it is \(name); expected") == true)
      #expect(
        desk.watch.agreement.complaint?.hasSuffix("; nothing is sent until this is mended") == true)
      #expect(desk.watch.agreement.terms(of: .product).decision.verdict == .local)
      #expect(desk.verdict == .deny)
    }
  }

  @Test("certificates may be reached by links, and are judged with every folder on the way")
  func certificates() throws {
    let desk = Desk()
    let owners = TrustedOwners(prefix: desk.prefix)
    let (store, link) = (desk.prefix + "/store", desk.path + "/new.toml")
    #expect(mkdir(store, 0o755) == 0)
    desk.write("x", to: store + "/ca.pem")
    #expect(symlink(store + "/ca.pem", link) == 0)
    defer {
      _ = unlink(store + "/ca.pem")
      _ = rmdir(store)
    }
    #expect(owners.problem(withCertificates: link) == nil)
    #expect(chmod(store, 0o777) == 0)
    let problem = try #require(owners.problem(withCertificates: link)).description
    #expect(problem.contains("the mode of its folder \(store) is 777, so others can replace it"))
  }

  private static let link =
    ": it is a symbolic link; expected the file itself: "
    + "cp --remove-destination $(readlink -f CONSENT) CONSENT"
  private static let said777 =
    ": its mode is 777, so others can write it; expected a file that only its owner can write: "
    + "chmod go-w CONSENT"
  private static func folder(_ folder: String, _ mode: String) -> String {
    ": the mode of its folder PREFIX\(folder) is \(mode), so others can replace it; "
      + "expected a folder that only its owner can write: chmod go-w PREFIX\(folder)"
  }
  private let mended = "; nothing is sampled or sent until this is mended"

  private static func utf16(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
  }

  private static func padded(_ text: String, to bytes: Int) -> String {
    text + String(repeating: "#", count: bytes - text.utf8.count)
  }
}
