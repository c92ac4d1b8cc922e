/// What to post, where to, whom to trust and how long to wait.
package struct Request: Sendable {
  /// An `https` URL.
  package var url: String
  /// The `Content-Type` header.
  package var contentType: String
  /// `gzip`, or nil if the body is as it is.
  package var contentEncoding: String?
  /// Further headers. What describes the body or the connection is the client's own and refused
  /// here.
  package var headers: [(name: String, value: String)] = []
  /// A PEM file of the authorities to trust *instead of* the system's. Nil: the system's.
  package var caFile: String?
  /// PEM text of the authorities, in the place of `caFile`.
  package var caText: [UInt8]?
  /// Whether the system's authorities are trusted beside `caText`.
  package var trustsSystemBesideText = false
  /// What this side shows to a server that asks who it is: a PEM file, and the key in PEM without a passphrase.
  package var clientCertificate: (file: String, key: [UInt8])?
  /// The `http` or `https` URL of a proxy, perhaps with user and password. Nil: none, whatever the
  /// environment says. A proxy over TLS is verified by the same authorities as the server.
  package var proxy: String?
  /// The most bytes a second that are sent. Nil: as fast as the network takes them.
  package var sendBytesPerSecondMax: Int64?
  /// From the name's lookup to the end of the TLS handshake.
  package var connectTimeoutSeconds = 10
  /// From the lookup to the end of the answer.
  package var timeoutSeconds = 60
  /// How long not one byte may move, in either direction, before the connection is given up.
  package var stallSeconds = 30
  /// The most bytes of an answer's body that are taken; a longer one is an error.
  package var responseBytesMax = 64 << 10

  package init(url: String, contentType: String, contentEncoding: String? = nil) {
    self.url = url
    self.contentType = contentType
    self.contentEncoding = contentEncoding
  }
}
