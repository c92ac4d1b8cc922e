// Every bound of the inventory, in one place, each with its reason.

package enum InventoryLimits {
  // MARK: time

  /// Seconds of an ordinary section: all of them together take less than one on an idle machine, and a machine that
  /// swaps is a hundred times slower.
  package static let sectionSecondsMax = 20
  /// Seconds of a section that starts other programs: journalctl looks through gigabytes on a slow disk.
  package static let programSectionSecondsMax = 45
  /// Seconds of the product's journals, a program for each unit.
  package static let journalSectionSecondsMax = 120
  /// Milliseconds of one program. systemctl waits 25 s for a service manager that does not answer, and a section asks
  /// it twice.
  package static let programMillisecondsMax: Int64 = 20_000
  /// Between two looks at the processes, for what is busy now: USER_HZ is 100, so a whole second tells a percent.
  package static let busyMilliseconds: Int32 = 1_000

  // MARK: bytes

  /// One value of one file: sysfs gives a page at the most, and a name on a label is shorter.
  package static let valueBytesMax = 4 * 1024
  /// Characters of one value that are shown. A path has up to 4096, and nobody reads on behind 300.
  package static let valueCharactersMax = 300
  /// One table of the kernel's: /proc/self/mountinfo of a host with 4000 containers' mounts has 900 KiB.
  package static let tableBytesMax = 1024 * 1024
  /// Output of systemctl: 40 properties of 40 units are 80 KiB.
  package static let programBytesMax = 512 * 1024
  /// Output of dpkg-query: 40 bytes a package, and a desktop has 4000.
  package static let packageBytesMax = 1024 * 1024
  /// One section as text: the journals of one section, and what making them visible adds. An editor on any desktop
  /// opens it at once.
  package static let sectionTextBytesMax = 2 * 1024 * 1024

  // MARK: rows

  /// Rows of one table, unless said otherwise: more is a container host, and the rest is counted.
  package static let rowsMax = 256
  /// Devices on the buses: a server has 150.
  package static let busDevicesMax = 300
  /// Loaded modules: a distribution's kernel loads 80 to 200.
  package static let modulesMax = 400
  /// Packages: a desktop has 4000, an appliance 600.
  package static let packagesMax = 5_000
  /// Processes that are looked at: a look takes 10 microseconds.
  package static let processesMax = 20_000
  /// Processes that are named: the first dozen answers the question.
  package static let namedProcessesMax = 15
  /// Processes that wait for a device and are named: one dead server stops all that use it.
  package static let waitingProcessesMax = 50
  /// Units of the product that are looked at, and failed units that are named.
  package static let unitsMax = 40
  /// Sentences about what could not be read: one fault repeats itself for each device.
  package static let problemsMax = 40
  /// Network file systems that are asked, each with a process of its own that waits 50 ms.
  package static let networkFileSystemsMax = 8

  // MARK: journals

  /// Lines of one journal: a day of a talkative service.
  package static let journalLinesMax = 5_000
  /// Characters of one line: what follows is a dump of something, and the place for secrets.
  package static let journalLineCharactersMax = 1_000
  /// The journals of one section. The newest lines are kept.
  package static let journalBytesMax = 1024 * 1024
}
