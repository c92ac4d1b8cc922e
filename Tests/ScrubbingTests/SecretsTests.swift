import Scrubbing
import Testing

/// Secrets that no dump may hold, in the places where they stand in the world. `CANARY` begins each secret.
@Suite("Secrets")
struct SecretsTests {
  static func scrubbed(_ text: String, _ identities: [Identity] = []) -> String {
    var scrubber = Scrubber(book: PseudonymBook(), identities: identities)
    return scrubber.scrub(text)
  }

  @Test(
    "the value of a key that says so is removed, and the rest of the line stays",
    arguments: [
      ("password=CANARY1", "password=[removed: password]"),
      ("DB_PASSWORD=CANARY1 DB_HOST=db", "DB_PASSWORD=[removed: password] DB_HOST=db"),
      ("the user=a,password=CANARY1,host=b", "the user=a,password=[removed: password],host=b"),
      ("x; password = CANARY1; host = b", "x; password = [removed: password]; host = b"),
      ("password: CANARY1 CANARY2", "password: [removed: password]"),
      ("  - passphrase: CANARY1 # CANARY2", "  - passphrase: [removed: password]"),
      ("wpa_passphrase=CANARY1 CANARY2", "wpa_passphrase=[removed: password]"),
      (#"{"password":"CANARY1","user":"a"}"#, #"{"password":"[removed: password]","user":"a"}"#),
      (#"{"api_key": "CAN\"ARY1", "a": 1}"#, #"{"api_key": "[removed: key]", "a": 1}"#),
      (
        #"msg="{\"token\":\"CANARY1\",\"a\":1}""#,
        #"msg="{\"token\":\"[removed: token]\",\"a\":1}""#
      ),
      ("{'clientSecret': 'CANARY1', 'a': 1}", "{'clientSecret': '[removed: secret]', 'a': 1}"),
      (#"{"secret": 123456789, "a": 1}"#, #"{"secret": [removed: secret], "a": 1}"#),
      (
        #"{"passwords": ["CANARY1", "CANARY2"], "a": 1}"#,
        #"{"passwords": [removed: password], "a": 1}"#
      ),
      (#"{"secret": {"value": "CANARY1"}, "a": 1}"#, #"{"secret": [removed: secret], "a": 1}"#),
      ("aws_secret_access_key = CANARY1", "aws_secret_access_key = [removed: key]"),
      ("app --password CANARY1 --user a", "app --password [removed: password] --user a"),
      ("app --api-key=CANARY1 --user a", "app --api-key=[removed: key] --user a"),
      (
        "java -Ddb.password=CANARY1 -jar a.jar", "java -Ddb.password=[removed: password] -jar a.jar"
      ),
      (#"["app", "--token", "CANARY1", "-v"]"#, #"["app", "--token", "[removed: token]", "-v"]"#),
      (#"["app","--token=CANARY1","-v"]"#, #"["app","--token=[removed: token]","-v"]"#),
      ("app --password \\\n  CANARY1 -v", "app --password \\\n  [removed: password] -v"),
      ("GET /a?token=CANARY1&x=1 HTTP/1.1", "GET /a?token=[removed: token]&x=1 HTTP/1.1"),
      ("https://b/c?x=1&sig=CANARY1#top", "https://b/c?x=1&sig=[removed: token]#top"),
      ("Authorization: Bearer CANARY1", "Authorization: [removed: authorization]"),
      ("Proxy-Authorization: Basic CANARY1", "Proxy-Authorization: [removed: authorization]"),
      (
        "curl -H 'Authorization: Bearer CANARY1' https://a/",
        "curl -H 'Authorization: [removed: authorization]' https://a/"
      ),
      (#"{"authorization": "Digest CANARY1"}"#, #"{"authorization": "[removed: authorization]"}"#),
      ("authorization=Bearer CANARY1 x=1", "authorization=[removed: authorization] x=1"),
      ("Cookie: a=CANARY1; b=CANARY2", "Cookie: [removed: cookie]"),
      ("Set-Cookie: sid=CANARY1; Path=/", "Set-Cookie: [removed: cookie]"),
      ("sent Bearer CANARY1CANARY2 to it", "sent Bearer [removed: authorization] to it"),
      ("API key: CANARY1", "API key: [removed: key]"),
      ("psk=CANARY1", "psk=[removed: key]"),
      ("PrivateKey = CANARY1=", "PrivateKey = [removed: key]"),
      ("community: CANARY1", "community: [removed: community]"),
      ("rocommunity CANARY1 10.0.0.0/8", "rocommunity [removed: community] 10.0.0.0/8"),
      ("snmp-server community CANARY1 RO", "snmp-server community [removed: community] RO"),
      ("machine a login b password CANARY1", "machine a login b password [removed: password]"),
      ("requirepass CANARY1", "requirepass [removed: password]"),
      ("password CANARY1\n", "password [removed: password]\n"),
      ("sshpass -p CANARY1 ssh a", "sshpass -p [removed: password] ssh a"),
      ("mysql -uroot -pCANARY1 db", "mysql -uroot -p[removed: password] db"),
      ("curl -u me:CANARY1 https://a/", "curl -u me:[removed: password] https://a/"),
      (
        "CREATE USER a IDENTIFIED BY 'CANARY1';",
        "CREATE USER a IDENTIFIED BY '[removed: password]';"
      ),
      ("ALTER ROLE a PASSWORD 'CANARY1';", "ALTER ROLE a PASSWORD '[removed: password]';"),
      ("password_hash=$6$salt$CANARY1CANARY2", "password_hash=[removed: password]"),
      ("root:$6$saltsalt$CANARY1CANARY1CANARY:1:0", "root:[removed: password hash]:1:0"),
      ("export TOKEN=CANARY1", "export TOKEN=[removed: token]"),
      ("  password=\"CANARY1 CANARY2\" x", "  password=\"[removed: password]\" x"),
      ("cmd password='CANARY1'CANARY2 x", "cmd password='[removed: password] x"),
      ("PIN code: CANARY1", "PIN code: [removed: password]"),
      ("A=1\0PASSWORD=CANARY1\0B=2\0", "A=1\0PASSWORD=[removed: password]\0B=2\0"),
      (
        "PASSWORD=\\\n\"token\": \"CANARY1\"",
        "PASSWORD=\\\n\"[removed: password]\": \"[removed: token]\""
      ),
      (
        "a,password=x'y\n\"token\": \"CANARY1\"",
        "a,password=[removed: password]\n\"token\": \"[removed: token]\""
      ),
      ("password%3DCANARY1", "password%3D[removed: password]"),
    ])
  func removed(text: String, expected: String) {
    #expect(Self.scrubbed(text) == expected)
  }

  @Test(
    "a value on the lines below its key is removed with them",
    arguments: [
      ("password:\n  CANARY1\nuser: a", "password:\n  [removed: password]\nuser: a"),
      ("a:\n  token: |\n    CANARY1\n    CANARY2\n  b: c", "a:\n  token: [removed: token]\n  b: c"),
      ("secret: >-\n  CANARY1\n\n  CANARY2\nb: c", "secret: [removed: secret]\nb: c"),
      ("\"password\": {\n  \"v\": \"CANARY1\"\n}", "\"password\": [removed: password]\n}"),
    ])
  func below(text: String, expected: String) {
    #expect(Self.scrubbed(text) == expected)
  }

  @Test(
    "what is a secret by its form is removed without a key",
    arguments: [
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
      "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xoxb-123456789012-abcdefGHIJ",
      "AKIAIOSFODNN7EXAMPLE",
      "glpat-abcDEF123456ghiJKL78", "sk-ant-api03-abcdEFGH1234ijklMNOP",
      "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY9f2K", "hvs.CAESIJ4f8dG2kQ1x9VbT7mN3pR5s",
      "AIzaSyD4f8dG2kQ1x9VbT7mN3pR5sXyZ0aBcDeF",
    ])
  func shapes(token: String) {
    for text in ["\(token)", "got \(token), sorry", "x=\(token)", "\"\(token)\"", "/a/\(token)"] {
      #expect(!Self.scrubbed(text).contains(token.prefix(24)), "\(text)")
      #expect(Self.scrubbed(text).contains("[removed: "), "\(text)")
    }
  }

  static let block = """
    -----BEGIN RSA PRIVATE KEY-----
    Proc-Type: 4,ENCRYPTED
    DEK-Info: AES-256-CBC,CANARY1

    MIICANARY1CANARY1CANARY1CANARY1CANARY1CANARY1CANARY1CANARY1CANAR
    CANARY1=
    -----END RSA PRIVATE KEY-----
    """

  @Test("a private key goes whole, with a journal's heads, in one line, and without its end")
  func privateKeys() {
    #expect(Self.scrubbed("a\n\(Self.block)\nb") == "a\n[removed: private key]\nb")
    let lines = Self.block.split(separator: "\n", omittingEmptySubsequences: false)
    let logged = lines.map { "Nov 26 01:02:03 gate app[1]: \($0)\n" }.joined()
    #expect(Self.scrubbed(logged) == "Nov 26 01:02:03 gate app[1]: [removed: private key]\n")
    let escaped = lines.joined(separator: "\\n")
    #expect(
      Self.scrubbed("{\"k\": \"\(escaped)\", \"a\": 1}")
        == "{\"k\": \"[removed: private key]\", \"a\": 1}")
    let cut = lines.dropLast().joined(separator: "\n") + "\nNov 26 01:02:03 gate app[1]: went on\n"
    #expect(Self.scrubbed(cut) == "[removed: private key]\nNov 26 01:02:03 gate app[1]: went on\n")
    let certificate = Self.block.replacing("RSA PRIVATE KEY", with: "CERTIFICATE")
    #expect(Self.scrubbed(certificate) == "[removed: certificate]")
  }

  @Test(
    "credentials leave a URL, and the host behind them gets a name",
    arguments: [
      ("https://me:CANARY1@a.example/x?y=1", "https://[removed: credentials]@host-1/x?y=1"),
      ("postgres://me:CAN/ARY@1@db:5432/x", "postgres://[removed: credentials]@host-1:5432/x"),
      ("proxy http://CANARY1@[fe80::1]:80/", "proxy http://[removed: credentials]@[ip-1]:80/"),
      ("redis://:CANARY1@192.0.2.7:6379/0", "redis://[removed: credentials]@ip-1:6379/0"),
      ("\"amqp://a:CANARY1@mq\"", "\"amqp://[removed: credentials]@host-1\""),
    ])
  func urls(text: String, expected: String) {
    #expect(Self.scrubbed(text) == expected)
  }

  @Test(
    "what only looks like a secret stays",
    arguments: [
      "passwordauthentication no", "PasswordAuthentication yes", "token_bucket_size=12",
      "Tokens: 8",
      "secret_backend=vault", "keyboard: us", "monkey=patch", "max_tokens=4096",
      "password_file=/etc/x",
      "public_key=AAAAB3", "foreign_key=12", "ssl_key=/etc/ssl/private/a.key", "key_mgmt=WPA-PSK",
      "private_key=\"/etc/cert.pem\"", "password: ******", "token = null",
      "password = ${DB_PASSWORD}",
      "Failed password for root from port 22", "unexpected token: }", "error: invalid token",
      "PWD=/root", "OLDPWD=/var/lib", "pass=12 fail=0 skip=3", "net.ipv4.tcp_syncookies = 1",
      "cookie=0xdeadbeef", "community: 65000:100", "MySQL Community Server - GPL",
      "sk-learn-is-a-package",
      "password required pam_unix.so", "auth sufficient pam_permit.so", "token::kind",
      "primary key: id",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "/usr/lib/x86_64-linux-gnu/perl5/5.36/auto/List/Util/Util.so.and.some.more",
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration2Test",
      "550e8400-e29b-41d4-a716-446655440000", "bearer authentication failed",
      "Basic authentication",
      "tokenizer: bert", "secretary: none", "Cookie: ", "password:", "password: \nuser: a",
      "token:\n  ttl: 5m\n  kind: a", "secrets: 3 loaded", "the key is: left", "hot key: F12",
      "mount -o credentials=/etc/cifs.conf //a/b", "git config user.name",
      "docker run -u 1000:1000 a",
      #"{"remedy":"journalctl -u accordd","level":"warning"}"#,
      "Kernel command line: root=UUID=550e8400-e29b-41d4-a716-446655440000 ro quiet",
      "crypto: aes-ni: key size 256", "uid=0(root) gid=0(root)", "expired password", "x --password",
      "systemd[1]: Started Forward Password Requests to Wall Directory Watch.", "pin: 4",
      "gpio-key: 3",
    ])
  func kept(text: String) {
    #expect(Self.scrubbed(text) == text)
  }
}
