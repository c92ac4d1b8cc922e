// /proc/meminfo: where the memory is.
//
//   MemTotal:       24684096 kB
//   MemFree:        24093884 kB
//   MemAvailable:   24394324 kB
//   Buffers:           15872 kB
//   Cached:           490376 kB
//
//   HugePages_Total:       0
//
// Also Shmem, SReclaimable, SUnreclaim, and of the huge pages how many there are, are free, reserved and beyond
// the pool, and their size. "kB" are KiB; huge pages are counted in pages. A machine without a pool of them, which
// is nearly every one, has no readings of it. A line that a kernel does not print is absent in
// the sample, never zero: MemAvailable came with 3.14, the slab lines with 2.6.19.
// https://docs.kernel.org/filesystems/proc.html#meminfo

internal import Linux
internal import Telemetry

/// What is read from /proc/meminfo, in KiB.
struct ProcMeminfo: Equatable {
  var totalKiB: Int64?
  var freeKiB: Int64?
  var availableKiB: Int64?
  var buffersKiB: Int64?
  var cachedKiB: Int64?
  var sharedKiB: Int64?
  var reclaimableKiB: Int64?
  var unreclaimableKiB: Int64?
  var hugePages: Int64?
  var hugePagesFree: Int64?
  var hugePagesReserved: Int64?
  var hugePagesSurplus: Int64?
  var hugePageKiB: Int64?

  /// Returns what was expected and did not stand there, or nil when all is well.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    self = ProcMeminfo()
    var scanner = TextScanner()
    while !scanner.isAtEnd(of: text) {
      guard parseLine(&scanner, in: text) else { return "a number of kB behind each name" }
      scanner.skipLine(in: text)
    }
    return totalKiB == nil ? "a line 'MemTotal:'" : nil
  }

  private mutating func parseLine(_ scanner: inout TextScanner, in text: RawSpan) -> Bool {
    func take(_ name: StaticString, _ value: inout Int64?) -> Bool? {
      guard scanner.skip(name, in: text) else { return nil }
      value = scanner.integer(in: text)
      // 8 EiB in KiB: the reading is in bytes and must fit.
      guard let kibibytes = value else { return false }
      return kibibytes < Int64.max / 1024
    }
    return take("MemTotal:", &totalKiB) ?? take("MemFree:", &freeKiB)
      ?? take("MemAvailable:", &availableKiB) ?? take("Buffers:", &buffersKiB)
      ?? take("Cached:", &cachedKiB) ?? take("Shmem:", &sharedKiB)
      ?? take("SReclaimable:", &reclaimableKiB) ?? take("SUnreclaim:", &unreclaimableKiB)
      ?? take("HugePages_Total:", &hugePages) ?? take("HugePages_Free:", &hugePagesFree)
      ?? take("HugePages_Rsvd:", &hugePagesReserved) ?? take("HugePages_Surp:", &hugePagesSurplus)
      ?? take("Hugepagesize:", &hugePageKiB) ?? true
  }
}

final class ProcMeminfoProbe: Probe {
  let file = "/proc/meminfo"
  private var source: ProbedFile
  private var meminfo = ProcMeminfo()
  private var places: Places?
  private var hugePages: HugePages?

  private struct HugePages {
    let limit, size, reserved, surplus, used, free: SeriesIndex
  }

  private struct Places {
    let used, free, buffers, cached, limit, available, shared, reclaimable,
      unreclaimable: SeriesIndex
  }

  init(below root: KernelRoot) { source = ProbedFile("/proc/meminfo", below: root) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { meminfo.parse($0) }
    guard outcome == .readings else { return outcome }
    let places = places ?? addPlaces(to: &sample)
    func set(_ place: SeriesIndex, _ kibibytes: Int64?) {
      if let kibibytes { sample.set(place, kibibytes * 1024) }
    }
    if let total = meminfo.totalKiB, let available = meminfo.availableKiB, available <= total {
      // By the conventions: what an application could not get without swapping.
      set(places.used, total - available)
    }
    set(places.free, meminfo.freeKiB)
    set(places.buffers, meminfo.buffersKiB)
    set(places.cached, meminfo.cachedKiB)
    set(places.limit, meminfo.totalKiB)
    set(places.available, meminfo.availableKiB)
    set(places.shared, meminfo.sharedKiB)
    set(places.reclaimable, meminfo.reclaimableKiB)
    set(places.unreclaimable, meminfo.unreclaimableKiB)
    setHugePages(&sample)
    return .readings
  }

  /// Once there was a pool, its end is a zero.
  private func setHugePages(_ sample: inout Sample) {
    guard let total = meminfo.hugePages, let free = meminfo.hugePagesFree, free <= total,
      total > 0 || hugePages != nil
    else { return }
    let places = hugePages ?? addHugePages(to: &sample)
    hugePages = places
    sample.set(places.limit, total)
    sample.set(places.used, total - free)
    sample.set(places.free, free)
    if let size = meminfo.hugePageKiB { sample.set(places.size, size * 1024) }
    if let pages = meminfo.hugePagesReserved { sample.set(places.reserved, pages) }
    if let pages = meminfo.hugePagesSurplus { sample.set(places.surplus, pages) }
  }

  private func addHugePages(to sample: inout Sample) -> HugePages {
    func usage(_ state: String) -> SeriesIndex {
      sample.add(
        Catalog.hugePagesUsage, [Attribute("system.memory.linux.hugepages.state", .string(state))])
    }
    return HugePages(
      limit: sample.add(Catalog.hugePagesLimit), size: sample.add(Catalog.hugePageSize),
      reserved: sample.add(Catalog.hugePagesReserved),
      surplus: sample.add(Catalog.hugePagesSurplus), used: usage("used"), free: usage("free"))
  }

  private func addPlaces(to sample: inout Sample) -> Places {
    func usage(_ state: String) -> SeriesIndex {
      sample.add(Catalog.memoryUsage, [Attribute("system.memory.state", .string(state))])
    }
    func slab(_ state: String) -> SeriesIndex {
      sample.add(Catalog.slabUsage, [Attribute("system.memory.linux.slab.state", .string(state))])
    }
    let places = Places(
      used: usage("used"), free: usage("free"), buffers: usage("buffers"), cached: usage("cached"),
      limit: sample.add(Catalog.memoryLimit), available: sample.add(Catalog.memoryAvailable),
      shared: sample.add(Catalog.memoryShared), reclaimable: slab("reclaimable"),
      unreclaimable: slab("unreclaimable"))
    self.places = places
    return places
  }
}
