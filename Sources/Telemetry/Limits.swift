// Every bound of the agent, in one place, each with its reason.

package enum Limits {
  // MARK: files that people write

  /// Either half of the agreement, or the settings. The examples have 1 to 2 KiB; a thousand signals named
  /// one by one fit.
  package static let configurationFileBytesMax = 256 * 1024

  /// PEM certificates: twice Debian's whole ca-certificates.crt.
  package static let certificatesBytesMax = 512 * 1024

  /// What is kept of an accepted offer: its patterns may come to every signal of the catalog.
  package static let acceptedOfferBytesMax = 1024 * 1024

  /// A hand edit is acted on by deletion only after it stood unchanged for this long: an editor may save a
  /// half file that happens to parse.
  package static let settlingMilliseconds: Int64 = 30_000

  /// File times are as coarse as the kernel's tick, and an edit may follow a read within it: a file changed
  /// less than this ago is read again although nothing of it seems to have moved.
  package static let racyChangeMilliseconds: Int64 = 2_000

  // MARK: sampling

  /// Below this the agent would itself be the load it measures.
  package static let tickMillisecondsMin: Int64 = 100
  package static let tickMillisecondsMax: Int64 = 3_600_000

  /// Devices of one probe. More than this is a container host or a fault; the rest is counted, not sampled.
  package static let devicesPerProbeMax = 64

  /// Names of devices that one probe remembers. Each keeps its places in the sample for the life of the process,
  /// 300 bytes; whoever makes interfaces with ever new names does not make the agent grow for ever.
  package static let deviceNamesMax = 512

  /// Sensors of one probe. A server board has about a hundred, each an open file.
  package static let sensorsPerProbeMax = 256

  /// What is expensive to count and moves slowly: processes take 10 microseconds each, and a list of
  /// connections takes 4 ms however short it is, because the kernel walks its whole table.
  package static let processCountMilliseconds: Int64 = 60_000
  package static let connectionCountMilliseconds: Int64 = 900_000

  /// The longest kernel file that is read whole: /proc/stat of a 4096-processor machine has about 700 KiB.
  package static let kernelFileBytesMax = 1024 * 1024

  // MARK: recording

  /// Ticks kept in memory while the disk refuses: an hour at 10 s. With 200 series that is 3 MB at the most.
  package static let unsealedTicksMax = 360

  /// A batch's columns before compression. A minute of 1,000 series at 1 s is 0.5 MB.
  package static let batchBytesMax = 16 * 1024 * 1024

  /// The write-ahead log before it is copied into the database: flash is written twice, memory once.
  package static let walBytesMax = 1024 * 1024

  /// Batches among which a start looks for the newest of each grant: a day of one source. Reading them takes 5 ms.
  package static let lastValuesBatchesMax = 1_440

  /// The daemon waits this long for another program's lock, then keeps the readings in memory instead.
  package static let daemonBusyMilliseconds: Int32 = 50
  /// People can wait a little longer.
  package static let commandBusyMilliseconds: Int32 = 2_000

  /// Batches copied in one step of a rewrite, and how long it goes on at the most: far less than the shortest tick,
  /// and long enough that opening the new file for each step costs little.
  package static let rewriteBatchesPerStep = 200
  package static let rewriteStepMilliseconds: Int64 = 5

  /// Bytes of batches that a rewrite copies before it asks the disk to keep them: slow flash writes a MiB in a
  /// tenth of a second.
  package static let rewriteSynchronisedBytes = 1024 * 1024

  /// Space that is kept for the day when the disk is full and something has to be removed: a rewrite puts a new file
  /// beside the old one. Two empty databases take 60 KiB, 300 names twice 80 KiB, an hour of batches 100 KiB.
  package static let reserveBytes = 256 * 1024

  /// Damaged databases that are kept for a specialist to look at.
  package static let setAsideFilesMax = 2

  /// Rows of the ledger that are never removed: 16 MB. 96 uploads a day are 35,040 rows of 400 bytes a year for each
  /// shared source.
  /// Whoever verifies a ledger relies on it (packaging/verify-ledger): a checkpoint nearer to what it removed is forged.
  package static let ledgerRowsKept: Int64 = 40_000
  /// Rows that one checkpoint stands for: removing them takes a few milliseconds.
  package static let ledgerRowsPerCheckpoint: Int64 = 1_000
  /// Names of suppliers, people and addresses that the ledger can still resolve. An agreement has three.
  package static let ledgerNamesMax: Int64 = 300

  /// How far the wall clock moves against the boot clock between two seals before the ledger says so. A resume from
  /// suspend takes the time from a clock of whole seconds; a disciplined clock moves 30 ms a minute.
  package static let clockStepMilliseconds: Int64 = 2_000

  /// Lines in the journal about one thing that changes back and forth: enough to see that it does, and a day of it
  /// stays below 20 KiB.
  package static let linesPerHourMax = 6

  // MARK: delivery

  /// One request, compressed: nginx refuses more unless told otherwise.
  package static let requestBytesMax = 1024 * 1024
  /// One request before compression: a fifth of what a Collector accepts.
  package static let requestRawBytesMax = 4 * 1024 * 1024
  /// An answer: OTLP's own bound for clients.
  package static let responseBytesMax = 4 * 1024 * 1024
  /// What the head of a request counts against a daily quota: the ordinary one has 230 bytes, and each record of
  /// TLS adds 22.
  package static let requestHeadBytes = 300
  package static let connectTimeoutSeconds = 15
  /// 1 MiB at 10 KiB/s.
  package static let requestTimeoutSeconds = 120

  /// The first pause after a failure, and the longest: the timer runs every 15 minutes, and a supplier's
  /// weekend outage should not cost more than four hours after its end.
  package static let backoffMillisecondsMin: Int64 = 60_000
  package static let backoffMillisecondsMax: Int64 = 4 * 3_600_000
  /// The longest pause that a receiver may ask for: more is a mistake.
  package static let pauseMillisecondsMax: Int64 = 86_400_000

  /// Deliveries of which the spool remembers the answer, and of which an event may still be owed. About ten
  /// days of one every 15 minutes; a row takes 200 bytes.
  package static let deliveriesMax: Int64 = 1_000

  /// Characters that are kept of what another machine said. It is shown to people.
  package static let foreignTextCharactersMax = 300

  /// How far the machine's clock may be from the supplier's before batches are stamped by the supplier's:
  /// HTTP dates have whole seconds, and answers take time.
  package static let clockDifferenceMillisecondsMax: Int64 = 5_000
}
