// Every bound of a dump, in one place, each with its reason.

package enum DumpLimits {
  /// All sections together: somebody waits at the other end of a telephone. An override of the agreement lasts no longer.
  package static let secondsMax = 120
  /// The archive: what a mail server takes.
  package static let archiveBytesMax: Int64 = 24 * 1024 * 1024
  /// One file of it before compression: a day of readings of one signal, and 64 processors of it.
  package static let fileBytesMax = 8 * 1024 * 1024
  /// Files of one section: the catalog has a hundred signals, and a day of them comes in ten parts where a tick is a
  /// second.
  package static let filesPerSectionMax = 1_000
  /// Memory that the process of one section may ask for.
  package static let sectionMemoryBytesMax: UInt64 = 192 * 1024 * 1024
  /// What has to stay free where the archive is written, so that a dump does not fill the disk of a machine that is
  /// short of it already.
  package static let freeBytesMin: Int64 = 4 * 1024 * 1024
  /// What the log, the manifest and the page may need of the space that is free, which is why sections are cut before
  /// all of it is used. A page with charts of a week has some 150 KB.
  package static let endBytes: Int64 = 512 * 1024
  /// How much of the history a dump holds unless it is told otherwise.
  package static let historySeconds: Int64 = 86_400
  /// How far back the charts of its index page reach.
  package static let pageSeconds: Int64 = 7 * 86_400
  /// Ticks of history that are laid out in memory at once: a day at 10 s.
  package static let historyTicksMax = 8_640
  /// A file that tells names of this appliance or its people (accounts, hosts, addresses): of a larger one the first.
  static let namingFileBytesMax = 1024 * 1024
  /// Names of other hosts (/etc/hosts) that are searched for, in bytes: some thousand. All that is searched for at once
  /// has a bound, above which there is no dump, and a list of others' hosts must not use it up.
  static let hostsBytesMax = 64 * 1024
  /// The same of what identified this appliance in earlier dumps.
  static let formerBytesMax = 64 * 1024
  /// Names that a machine gives itself on lines of the loopback's addresses. Where there are more, it is a list of
  /// hosts that are blocked.
  static let loopbackNamesMax = 16
  /// What names stand for is remembered from dump to dump. It is a few KiB as a rule; a book that is full of the longest
  /// texts comes to some 10 MB, and must still be read.
  package static let namesFileBytesMax = 16 * 1024 * 1024
  /// Dumps of one second that get a number each; a script that asks for more is wrong.
  package static let dumpsASecondMax = 20
  /// The longest case number: it becomes part of a file's name, where a longer one would be cut.
  package static let caseCharactersMax = 60
}
