// Every number by which a rule decides, each with its reason.

package enum Thresholds {
  // MARK: file systems

  /// The part that is still free to ordinary programs below which a file system counts as nearly full: mke2fs keeps as
  /// much for root by default (mke2fs(8), -m), and below it ext4 and XFS have no longer room to keep files whole.
  package static let fileSystemFreeWarning = 0.05
  /// The same below which the next log file may be the last.
  package static let fileSystemFreeCritical = 0.01
  /// What is plenty whatever part of a large disk it is.
  package static let fileSystemPlentyBytes: Double = 10 * 1024 * 1024 * 1024
  package static let fileSystemEnoughBytes: Double = 1024 * 1024 * 1024

  /// Below this accord cannot rewrite its databases, which a deletion needs: a reserve of 256 KiB for the rewrite, the
  /// write-ahead logs of 1 MiB each (Limits), and as much again.
  package static let ownDiskBytesWarning: Int64 = 16 * 1024 * 1024
  package static let ownDiskBytesCritical: Int64 = 1024 * 1024
  /// A database is three files, and a rewrite makes one more for each.
  package static let ownDiskInodesCritical: Int64 = 8

  // MARK: memory

  /// Pages that are swapped in or out in a second, on the average: the slowest class of SD cards, A1, promises 500
  /// writes a second of one page each (SD Physical Layer 5.1), and a tenth of that is felt.
  package static let swappedPagesPerSecond = 50.0
  /// What a page has on nearly every machine.
  package static let pageBytes = 4096.0
  /// The share of a minute in which programs stood still for want of memory ("some" of /proc/pressure/memory,
  /// https://docs.kernel.org/accounting/psi.html). systemd-oomd begins to kill at 0.6 (oomd.conf(5)).
  package static let memoryPressureWarning = 0.1
  package static let memoryPressureCritical = 0.6
  /// The part of memory that programs can still get without swapping (MemAvailable, proc_meminfo(5)).
  package static let memoryAvailableWarning = 0.05
  /// Until how long after a start the kernel's count of ended programs says something about now.
  package static let recentStartSeconds = 86_400.0

  // MARK: heat, fans, power

  /// A limit below this is none: drivers say 0 or less where the chip has no limit.
  package static let temperatureLimitCelsiusMin = 1.0
  /// Where a battery has no level of its own at which it warns (capacity_alert_min of
  /// https://docs.kernel.org/power/power_supply_class.html): UPower's "low" and "critical".
  package static let batteryChargeWarning = 0.2
  package static let batteryChargeCritical = 0.05

  // MARK: network

  /// Frames in error for each frame. IEEE 802.3 allows one wrong bit in 10^10 (1000BASE-T, 40.6), which is one frame in
  /// 800,000; a thousand times that is a cable, a port or an adapter.
  package static let frameErrorRatio = 0.001
  package static let frameErrorsMin = 10.0
  /// Packets dropped for each packet. TCP halves its rate with each loss: at one in a hundred a link of 20 ms is down
  /// to 7 Mbit/s (Mathis, 1997). The kernel also counts frames of protocols that nobody here listens to, of which a switch
  /// sends one each two seconds (spanning tree, IEEE 802.1D), and others less: below three in a second it may be these.
  package static let droppedRatio = 0.01
  package static let droppedPerSecondMin = 3.0
  /// Times that a link went down and up again, in an hour on the average since the start: a switch that restarts does
  /// so once in months.
  package static let linkLossesPerHour = 2.0
  /// Negotiation at the start takes two or three.
  package static let linkLossesMin = 5.0

  // MARK: load

  /// The share of five minutes in which some program stood still ("some" of /proc/pressure). It slows an appliance
  /// down that is otherwise idle; a busy one has a tenth.
  package static let ioPressureWarning = 0.4
  package static let cpuPressureWarning = 0.6
  /// The share of all processors' time spent waiting for a disk, where the kernel has no /proc/pressure.
  package static let ioWaitWarning = 0.25
  /// The part of the kernel's table of open files (file-nr of https://docs.kernel.org/admin-guide/sysctl/fs.html), or of
  /// its limit of processes, that is in use.
  package static let tableUseWarning = 0.8
  package static let tableUseCritical = 0.95

  // MARK: the agent

  /// Ticks that were missed, of all: one in twenty is a machine that cannot keep up, or an interval that is too short.
  package static let missedTicksRatio = 0.05
  package static let missedTicksMin: Int64 = 10
  /// How long before its end an agreement is worth a word.
  package static let agreementEndsWithinDays: Int64 = 30
  /// What the clock cannot be: before the first release of the agent was made.
  package static let earliestUnixMilliseconds: Int64 = 1_735_689_600_000  // 2025-01-01
  /// How far the clock may be behind the latest time that somebody vouched for.
  package static let clockBehindMilliseconds: Int64 = 300_000
  /// A step of the clock that shows in whatever compares two times: what the ledger notes begins at 2 s, and what
  /// daylight saving made wrong is an hour.
  package static let clockStepMilliseconds: Int64 = 60_000

  // MARK: delivery

  /// Uploads run four times an hour, and the longest pause after failures is 4 h: what has waited for a day has a cause.
  package static let backlogMillisecondsWarning: Int64 = 86_400_000
  /// A week's readings are what a weekly report lacks.
  package static let backlogMillisecondsCritical: Int64 = 7 * 86_400_000
  /// The part of the quota from which the oldest will soon be evicted.
  package static let quotaUseWarning = 0.9
  /// A receiver that is busy for an hour has been tried several times by then.
  package static let failingMillisecondsWarning: Int64 = 3_600_000
}
