// Which keys say that their value is a secret: by their last words, once words are told apart at "_", "-", "." and
// capitals, and words that say no more than how the secret is written are left out.
//
//   password  DB_PASSWORD  wpa.passphrase  clientSecret  aws_secret_access_key  password_hash  new-password2     yes
//   passwordauthentication  secret_backend  token_bucket_size  password_file  public_key  keyboard  monkey       no

enum SecretKeys {
  private static let nouns: [String: Label] = [
    "password": .password, "passwords": .password, "passwd": .password, "passphrase": .password,
    "passcode": .password, "passwort": .password, "kennwort": .password, "userpassword": .password,
    "dbpassword": .password, "rootpw": .password, "requirepass": .password, "masterauth": .password,
    "pw": .password, "pwd": .password, "userpass": .password, "dbpass": .password,
    "bindpw": .password, "rootpass": .password, "pass": .password,
    "secret": .secret, "clientsecret": .secret, "sharedsecret": .secret, "appsecret": .secret,
    "token": .token, "authtoken": .token, "accesstoken": .token, "refreshtoken": .token,
    "jwt": .token, "bearer": .token, "otp": .token, "totp": .token, "sessionid": .token,
    "jsessionid": .token, "phpsessid": .token,
    "apikey": .key, "privatekey": .key, "secretkey": .key, "accesskey": .key, "authkey": .key,
    "psk": .key, "presharedkey": .key, "passkey": .key, "encryptionkey": .key, "wepkey": .key,
    "sharedkey": .key, "accountkey": .key, "licensekey": .key, "signingkey": .key,
    "authorization": .authorization, "cookie": .cookie,
    "community": .community, "rocommunity": .community, "rwcommunity": .community,
    "rocommunity6": .community, "rwcommunity6": .community, "trapcommunity": .community,
    "credentials": .credentials, "creds": .credentials,
  ]

  /// Words that make a secret of the last one.
  private static let pairs: [String: Set<String>] = [
    "key": [
      "api", "access", "secret", "private", "signing", "encryption", "decryption", "master",
      "shared",
      "preshared", "session", "storage", "account", "auth", "authentication", "symmetric", "wep",
      "wpa",
      "license", "licence", "product", "network", "crypto", "cipher", "hmac", "aes", "registration",
      "subscription", "deploy", "webhook", "client", "tls", "ssl", "ssh", "rsa", "consumer",
      "application", "app", "service", "activation", "instrumentation", "write", "ingest", "ro",
      "rw",
    ],
    "id": ["secret"],
    "pin": ["sim", "wps", "user", "admin", "pairing", "security"],
    "code": ["pin", "pairing", "security", "activation", "unlock", "recovery", "auth", "backup"],
    "credential": ["set"],
    "auth": ["proxy", "basic", "http"],
    "login": ["proxy"],
  ]

  /// Words about the form of the secret, and digits.
  private static let forms: Set<String> = [
    "value", "text", "plain", "plaintext", "string", "raw", "hash", "hashed", "enc", "encrypted",
    "encoded", "base", "b", "current", "new", "old", "confirm", "confirmation", "again", "repeat",
    "data", "content", "sha", "md", "crypt", "bcrypt", "default", "env", "sum",
  ]

  /// Keys that are secrets in the query of a URL only.
  private static let queryKeys: Set<String> = [
    "sig", "signature", "key", "auth", "code", "sas", "hash",
  ]

  /// - Parameters:
  ///   - words: the words of a key, in lower case.
  ///   - isQuery: whether it stands in the query of a URL.
  static func label(_ words: [String], isQuery: Bool = false) -> Label? {
    var words = words[...]
    while words.count > 1, let last = words.last,
      forms.contains(last) || last.utf8.allSatisfy(ASCII.isDigit)
    {
      words.removeLast()
    }
    guard let last = words.last else { return nil }
    if let label = nouns[last] { return label }
    if let before = words.dropLast().last, pairs[last]?.contains(before) == true {
      return last == "key" ? .key : last == "pin" || last == "code" ? .password : .credentials
    }
    return isQuery && queryKeys.contains(last) ? .token : nil
  }

  /// The last words of a key, in lower case: "aws_secretAccessKey" is aws, secret, access, key.
  static func words(_ key: ArraySlice<UInt8>) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    let key = Array(key.suffix(64))
    for (index, byte) in key.enumerated() {
      guard ASCII.isAlphanumeric(byte) else {
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        word = []
        continue
      }
      let previous = index > 0 ? key[index - 1] : 0
      let next = index + 1 < key.count ? key[index + 1] : 0
      let begins =
        ASCII.isUpper(byte)
        && (ASCII.isLower(previous) || (ASCII.isUpper(previous) && ASCII.isLower(next)))
        || (ASCII.isDigit(byte) && ASCII.isLetter(previous))
      if begins, !word.isEmpty {
        words.append(String(decoding: word, as: UTF8.self))
        word = []
      }
      word.append(ASCII.lowercased(byte))
    }
    if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }

  // MARK: values that are none

  /// What stands where a secret could stand and says only whether there is one, or what became of it.
  private static let harmless: Set<String> = [
    "", "null", "none", "nil", "true", "false", "yes", "no", "on", "off", "unset", "set", "x", "*",
    "!",
    "!!", "-", "n/a", "redacted", "hidden", "masked", "removed", "required", "optional", "prompt",
    "enabled", "disabled", "empty", "missing", "present", "expired", "changed", "updated",
    "accepted",
    "rejected", "incorrect", "invalid", "valid", "wrong", "mismatch", "authentication", "failed",
    "failure", "denied", "ok", "error", "unknown", "undefined", "not", "is", "was", "has", "for",
    "must",
    "file", "absent", "all", "any", "amd64", "arm64", "armhf", "armel", "i386", "riscv64",
    "ppc64el", "s390x", "unchanged", "given", "default", "keep", "hash", "drop", "deny", "share",
    "local",
    "string", "must-change", "never", "the", "a", "an", "to", "in", "from", "or", "and", "cannot",
  ]

  private static let nameServices = ["files", "compat", "sss", "ldap", "winbind", "nis", "db "]

  static func isHarmless(_ value: ArraySlice<UInt8>, _ label: Label, key: [String]) -> Bool {
    guard let first = value.first else { return true }
    // The name services of nsswitch.conf: "passwd: files systemd".
    if key == ["passwd"], nameServices.contains(where: { value.starts(with: $0.utf8) }) {
      return true
    }
    let text = value.count <= 40 ? String(decoding: value.map(ASCII.lowercased), as: UTF8.self) : ""
    if !text.isEmpty {
      if harmless.contains(text) || harmless.contains(text.trimmed("<>[](){}:,.;!")) { return true }
      if value.allSatisfy({
        "*.x#•-_".utf8.contains($0) || $0 >= 0x80 && value.allSatisfy { $0 >= 0x80 }
      }),
        label != .community
      {
        return !value.contains { $0 >= 0x80 } || text.allSatisfy { $0 == "•" || $0 == "…" }
      }
    }
    // A reference to a variable; not the "$6$" of a hash.
    if first == 0x24, value.dropFirst().first.map({ ASCII.isLetter($0) || $0 == 0x7b }) == true,
      !value.dropFirst().contains(0x24),
      value.allSatisfy({ ASCII.isAlphanumeric($0) || "${}_:-".utf8.contains($0) })
    {
      return true
    }
    if isFile(value), label == .key || label == .credentials || key.last == "pwd" { return true }
    return isNumber(value, label, key)
  }

  /// "/etc/ssl/private/a.key" after `private_key`, and where a shell stands.
  private static func isFile(_ value: ArraySlice<UInt8>) -> Bool {
    guard value.first == 0x2f, value.count <= 200 else { return false }
    if value.count == 1 { return true }
    let text = Text(Array(value))
    return value.allSatisfy { ASCII.isAlphanumeric($0) || "._/-".utf8.contains($0) || $0 >= 0x80 }
      && !TokenShapes.isRandom(text, 0..<text.count)
      && (value.dropFirst().contains(0x2f) || value.contains(0x2e) || value.count <= 12)
  }

  /// Numbers that count or point: "token: 8", "pass=3", "cookie=0x1f", the "65000:100" of BGP.
  private static func isNumber(_ value: ArraySlice<UInt8>, _ label: Label, _ key: [String]) -> Bool
  {
    let isDecimal = value.allSatisfy(ASCII.isDigit)
    switch label {
    case .token, .secret, .credentials: return isDecimal && value.count <= 3
    case .password: return key.last == "pass" && isDecimal && value.count <= 3
    case .cookie:
      return isDecimal
        || value.starts(with: "0x".utf8) && value.dropFirst(2).allSatisfy(ASCII.isHexadecimal)
    case .community:
      return value.contains(0x3a) && value.allSatisfy { ASCII.isDigit($0) || $0 == 0x3a }
    default: return false
    }
  }
}

extension String {
  /// Without these characters at both ends.
  fileprivate func trimmed(_ characters: String) -> String {
    var rest = Substring(self)
    while let first = rest.first, characters.contains(first) { rest.removeFirst() }
    while let last = rest.last, characters.contains(last) { rest.removeLast() }
    return String(rest)
  }
}
