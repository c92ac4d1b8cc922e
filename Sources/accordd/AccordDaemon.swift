// The daemon's main: reads its few flags, and runs until it is told to stop.
//
// No argument parser library: the one that `accord` uses would add 8 MB to a program that is always resident,
// for a few flags.

internal import Configuration
internal import Daemon
internal import Linux

@main
enum AccordDaemon {
  private static let help = """
    accordd: samples what the agreement allows, and keeps it for `accord upload`. It has no network.

    Usage: accordd [--prefix DIR] [--kernel-root DIR] [--check]

      --prefix DIR       where etc/accord, var/lib/accord and run/accord are found (default /)
      --kernel-root DIR  where proc, sys and etc/os-release are found (default /)
      --check            say what is wrong with accord.toml, if anything is, and do nothing else
      --version          print the version
      --help             print this

    Example: accordd --prefix /tmp/demo

    It runs in the foreground until SIGTERM or SIGINT, seals what it has in memory, and exits 0. SIGHUP makes it read
    accord.toml again; when something is wrong with that, it says so and goes on as before.
    Exit codes: 0 stopped, 1 cannot work, 2 wrong usage.

    """

  static func main() {
    let options: Options
    do {
      options = try Options(Array(CommandLine.arguments.dropFirst()))
    } catch {
      Process.print("accordd: \(error.description)\n", to: 2)
      Process.exit(2)
    }
    if let text = options.textToPrint {
      Process.print(text, to: 1)
      return
    }
    let locations = Locations(prefix: options.prefix)
    do {
      if options.onlyChecks {
        _ = try DaemonLoop.settings(locations)
        return
      }
    } catch {
      Log.standardError.error("\(error)")
      Process.exit(1)
    }
    do {
      try DaemonLoop.run(
        locations, kernelRoot: KernelRoot(options.kernelRoot), log: .standardError)
    } catch {
      DaemonLoop.tell(error, locations, .standardError)
      Process.exit(1)
    }
  }

  private struct UsageError: Error {
    let description: String
  }

  private struct Options {
    var prefix = "/"
    var kernelRoot = "/"
    var onlyChecks = false
    var textToPrint: String?

    init(_ arguments: [String]) throws(UsageError) {
      var rest = arguments[...]
      while let flag = rest.popFirst() {
        let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        func value() throws(UsageError) -> String {
          guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !value.isEmpty
          else {
            throw UsageError(description: "\(parts[0]) needs a directory; see accordd --help")
          }
          return value
        }
        switch parts[0] {
        case "--prefix": prefix = try value()
        case "--kernel-root": kernelRoot = try value()
        case "--check": onlyChecks = true
        case "--help", "-h": textToPrint = AccordDaemon.help
        case "--version": textToPrint = "accordd \(DaemonLoop.version)\n"
        default: throw UsageError(description: "unknown option '\(flag)'; see accordd --help")
        }
      }
    }
  }
}
