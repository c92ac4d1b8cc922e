// How the receiver is reached from this site: the table [upload] of accord.toml, and the files that it names. They are
// checked and read once, at the beginning of a run, so that a wrong one is found before anybody is contacted.
//
// Whoever can write these files decides whom this appliance trusts, so they are held to the agreement's rule: they
// belong to root, and only their owner writes them. What is secret, the key, the headers and a proxy's password, must not
// be readable by others either. Where root alone may read a secret, the service manager hands a copy of it to the upload
// (systemd.exec(5), LoadCredential): the file is judged, the copy is read.

package import Configuration
package import HTTPS
package import Handshake
internal import Linux
internal import Telemetry

package struct Connection: Sendable {
  private let settings: UploadSettings
  private let directory: String
  private let owners: TrustedOwners
  private let headers: [(name: String, value: String)]
  private let extraCA: [UInt8]?
  private let clientKey: [UInt8]?

  /// The files beside accord.toml of which the upload's unit hands a copy to the upload: root alone need read them.
  private static let handedOver = ["client.key", "headers"]

  /// Checks and reads everything that the settings name.
  package init(
    _ settings: UploadSettings, _ locations: Locations, trusting owners: TrustedOwners
  ) throws(FileProblem) {
    if let problem = Self.problem(with: settings, locations, trusting: owners) { throw problem }
    self.settings = settings
    self.owners = owners
    let directory = locations.configuration
    self.directory = directory
    headers =
      try settings.headersFile.map { name throws(FileProblem) in
        let path = Self.path(name, directory)
        return try HeadersFile.parse(Self.secret(path, directory), path: path)
      } ?? []
    clientKey = try settings.clientKeyFile.map { name throws(FileProblem) in
      try Self.secret(Self.path(name, directory), directory)
    }
    extraCA = try settings.extraCAFile.map { name throws(FileProblem) in
      try Self.certificates(Self.path(name, directory))
    }
  }

  private static func certificates(_ path: String) throws(FileProblem) -> [UInt8] {
    let bytes = try read(path, limitBytes: Limits.certificatesBytesMax)
    guard String(decoding: bytes, as: UTF8.self).contains("CERTIFICATE-----") else {
      throw FileProblem(
        FilePlace(file: path), "there is no certificate in it", expected: "expected PEM")
    }
    return bytes + [UInt8(ascii: "\n")]
  }

  /// Who could have written, or can read, what should be the administrator's alone; nil when all is well.
  package static func problem(
    with settings: UploadSettings, _ locations: Locations, trusting owners: TrustedOwners
  ) -> FileProblem? {
    let hasSettings = ((try? FileState.of(locations.settings)) ?? nil) != nil
    let isSecret = settings.proxy?.hasPassword ?? false
    if hasSettings,
      let problem = owners.problem(withFile: locations.settings, isSecret: isSecret, expected: "")
    {
      return problem
    }
    for (key, name, isSecret) in [
      ("client_cert", settings.clientCertificateFile, false),
      ("client_key", settings.clientKeyFile, true), ("headers_file", settings.headersFile, true),
      ("extra_ca", settings.extraCAFile, false),
    ] {
      guard let name else { continue }
      let problem = owners.problem(
        withFile: path(name, locations.configuration), isSecret: isSecret,
        expected: "expected the file that \(locations.settings) names in '\(key)'")
      if let problem { return problem }
    }
    return nil
  }

  /// A POST to the receiver, with everything that this site adds to it.
  ///
  /// - Parameters:
  ///   - bodyBytes: how much it will hold: what is sent slowly may take longer.
  ///   - caFile: the certificates that vouch for the receiver; nil means those of the system.
  package func request(
    to url: String, bodyBytes: Int, caFile: String?
  ) throws(FileProblem) -> Request {
    var request = Request(
      url: url, contentType: "application/x-protobuf",
      contentEncoding: bodyBytes == 0 ? nil : "gzip")
    request.headers = headers
    if let caFile, let problem = owners.problem(withCertificates: caFile) { throw problem }
    request.caFile = caFile
    if let extraCA {
      let own = try caFile.map { file throws(FileProblem) in
        try Self.read(file, limitBytes: Limits.certificatesBytesMax)
      }
      request.caText = extraCA + (own ?? [])
      request.trustsSystemBesideText = own == nil
    }
    if let file = settings.clientCertificateFile, let clientKey {
      request.clientCertificate = (Self.path(file, directory), clientKey)
    }
    request.proxy = settings.proxy?.url
    request.connectTimeoutSeconds = Limits.connectTimeoutSeconds
    request.timeoutSeconds = Limits.requestTimeoutSeconds
    if let rate = settings.bytesPerSecondMax {
      request.sendBytesPerSecondMax = rate
      request.timeoutSeconds += bodyBytes / Int(rate)
    }
    request.responseBytesMax = Limits.responseBytesMax
    return request
  }

  /// What a request with this body counts against a daily quota.
  func bytes(sending body: [UInt8]) -> Int64 {
    let own = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    return Int64(Limits.requestHeadBytes + own + body.count)
  }

  /// Beside accord.toml, unless it begins with a slash.
  private static func path(_ name: String, _ directory: String) -> String {
    name.hasPrefix("/") ? name : "\(directory)/\(name)"
  }

  /// A file that others must not read: the copy that this process was given, or the file itself, with the rights of
  /// root only where the upload's unit gives a copy. What root can read and the upload cannot would be found too late.
  private static func secret(
    _ path: String, _ directory: String
  ) throws(FileProblem) -> [UInt8] {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let limitBytes = Limits.configurationFileBytesMax
    if let copy = Credential.path(name) { return try read(copy, limitBytes: limitBytes) }
    guard handedOver.contains(where: { path == "\(directory)/\($0)" }) else {
      return try read(
        path, limitBytes: limitBytes,
        remedy: "expected a file that the agent may read: chgrp accord \(path) && chmod 640 \(path)"
      )
    }
    return try Rights.ofCaller { () throws(FileProblem) in
      try read(path, limitBytes: limitBytes, remedy: "expected root, who alone may read it")
    }
  }

  /// - Parameter remedy: what to do when it may not be read.
  private static func read(
    _ path: String, limitBytes: Int, remedy: String? = nil
  ) throws(FileProblem) -> [UInt8] {
    do {
      return try FileDescriptor.open(path, .readOnly).readAll(limitBytes: limitBytes)
    } catch {
      let expected = "expected a readable file of at most \(limitBytes / 1024) KiB"
      throw FileProblem(
        FilePlace(file: path), "\(error)",
        expected: error.isPermissionDenied ? remedy ?? expected : expected)
    }
  }
}
