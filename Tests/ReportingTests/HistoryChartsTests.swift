import Handshake
import Telemetry
import Testing

@testable import Reporting

@Suite("remarks on file systems")
struct FillingRemarkTests {
  /// What is said of one that is 97 % full and is read at every `pace`th tick until `ticks` are over, beside one that
  /// is nearly empty and is read throughout.
  private func remarks(readAt ticks: Range<Int>, pace: Int = 1) throws -> [String] {
    var history = SampledHistory()
    for (place, used) in [("/media/usb", 97), ("/", 5)] as [(String, Int64)] {
      for (state, value) in [("used", used), ("free", 100 - used)] {
        history.add(
          Catalog.fileSystemUsage,
          ["system.filesystem.mountpoint": place, "system.filesystem.state": state],
          (0..<120).map { tick in
            place == "/" || (ticks.contains(tick) && tick % pace == 0) ? value : nil
          })
      }
    }
    let made = HistoryCharts.make(history.traces(), SampledHistory.scope) { _ in nil }
    let chart = try #require(made.charts.first { $0.id == "fullness" })
    #expect(chart.lines.map(\.label).sorted() == ["/", "/media/usb"])
    return chart.remarks
  }

  @Test("say that one is full as long as it is there")
  func present() throws {
    #expect(try remarks(readAt: 0..<120) == ["/media/usb is 97 % full"])
    #expect(try remarks(readAt: 0..<118) == ["/media/usb is 97 % full"], "a tick or two are late")
  }

  @Test("say nothing about one that is gone by the end: it is not full, it is not there")
  func gone() throws {
    #expect(try remarks(readAt: 0..<60).isEmpty)
  }

  @Test("are made of one that is read seldom as well")
  func seldom() throws {
    #expect(try remarks(readAt: 0..<120, pace: 40) == ["/media/usb is 97 % full"])
    #expect(try remarks(readAt: 0..<60, pace: 10).isEmpty)
  }
}
