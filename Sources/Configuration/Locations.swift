package import Linux

/// Where the agent's files are, below a prefix.
package struct Locations: Sendable {
  /// Without a slash at the end; empty for the installed system.
  package let prefix: String

  /// - Parameter prefix: "/" on an installed system.
  package init(prefix: String) {
    self.prefix = String(prefix.reversed().drop { $0 == "/" }.reversed())
  }

  /// Whether these are the files of the installed system, where only root's word counts.
  package var isSystem: Bool { prefix.isEmpty }

  package var configuration: String { prefix + "/etc/accord" }
  package var settings: String { configuration + "/accord.toml" }
  package var offer: String { configuration + "/offer.toml" }
  package var consent: String { configuration + "/consent.toml" }
  /// What tells one installation of an operating system from another, machine-id(5).
  package var machineFile: String { prefix + "/etc/machine-id" }
  package var state: String { prefix + "/var/lib/accord" }
  package var run: String { prefix + "/run/accord" }
  package var statusFile: String { run + "/status.json" }
  /// Why accordd could not start; there is no such file while it works.
  package var failureFile: String { run + "/failure" }
  /// The name of this boot as accordd knows it, on a file system that does not outlive the boot.
  package var bootFile: String { run + "/boot_id" }

  /// The clock of commands that work beside accordd. What its unit and the upload's see of /proc may differ from each
  /// other, and in a container from what root sees. Below a prefix nothing says that the folder is of this boot.
  package var clock: SystemClock { SystemClock(bootFile: isSystem ? bootFile : nil) }
}
