import Foundation
import Health
import Testing

@testable import Reporting

@Suite("the page")
struct ReportPageTests {
  private let window = ReportWindow(sinceMilliseconds: 0, untilMilliseconds: 3_360_000)

  private func content() -> ReportContent {
    ReportContent(
      title: "This appliance", madeMilliseconds: 3_360_000, window: window, agreement: "In force.",
      sources: ReportContent.Table(title: "Agreement by source", columns: ["source"], rows: []))
  }

  private func html(_ content: ReportContent) -> String {
    String(decoding: ReportPage.html(content), as: UTF8.self)
  }

  private func chart(_ values: [Double], label: String = "eth0", form: Chart.Form = .lines) -> Chart
  {
    var trace = Trace(bucketCount: window.bucketCount)
    for (bucket, value) in values.enumerated() {
      trace.add(value, in: bucket, atMilliseconds: window.middle(of: bucket))
    }
    return Chart(
      id: "network", title: "Network", section: .network, form: form, quantity: .bytesPerSecond,
      lines: [Chart.Line(label: label, trace: trace)])
  }

  @Test("has no text from outside as markup, wherever it stands")
  func escaping() {
    let evil = "<script>alert('1')</script>\"&\u{202E}\u{7}"
    var content = content()
    content.title = evil
    content.agreement = evil
    content.facts = [.init(evil, evil)]
    content.delivery = [.init(evil, evil)]
    content.findings = [
      HealthFinding(.warning, source: nil, subject: evil, sentence: evil, remedy: evil)
    ]
    content.problems = [evil]
    content.missing = [evil]
    content.events = [TimelineEvent(.clock, atMilliseconds: 1_000, evil)]
    content.appendix = [
      .init(title: evil, note: evil, columns: [evil], rows: [.init([evil], link: evil)])
    ]
    var chart = chart([1, 2, 3], label: evil)
    chart.remarks = [evil]
    chart.references = [.init(label: evil, value: 2)]
    content.charts = [chart]
    let page = html(content)
    #expect(!page.contains("<script") && !page.contains("\u{202E}") && !page.contains("\u{7}"))
    #expect(!page.contains("alert('1')"))
    let shown = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\u{FFFD}\u{FFFD}"
    // Title and heading, and at least once for each of the places above.
    #expect(page.components(separatedBy: shown).count > 18)
  }

  @Test("loads nothing and runs nothing")
  func selfContained() {
    var content = content()
    content.charts = [chart([1, 2, 3])]
    let page = html(content)
    #expect(page.contains("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"))
    for word in ["<script", "src=", "url(", "@import", "http:", "https:", "javascript:", " on"] {
      #expect(!page.contains(word + "load") && (word == " on" || !page.contains(word)), "\(word)")
    }
  }

  @Test("says how the appliance is first, the worst before all else")
  func healthFirst() throws {
    var content = content()
    content.findings = [
      HealthFinding(
        .critical, source: nil, subject: "disk /var", sentence: "it is full", remedy: "make room"),
      HealthFinding(.notice, source: nil, subject: "clock", sentence: "nobody keeps it"),
    ]
    content.charts = [chart([1])]
    let page = html(content)
    let places = try [
      "Something does not work", "it is full.", "</b> make room", "nobody keeps it.",
      "id=\"network\"",
    ].map {
      try #require(page.range(of: $0)).lowerBound
    }
    #expect(places == places.sorted())
    #expect(html(self.content()).contains("All is well"))
  }

  @Test("has every number of a chart in a table, also of lines that are not drawn")
  func tables() {
    var content = content()
    var chart = chart([1024, 2048])
    chart.lines = (0..<12).map { Chart.Line(label: "eth\($0)", trace: chart.lines[0].trace) }
    content.charts = [chart]
    let page = html(content)
    for number in 0..<12 { #expect(page.contains("<th scope=\"row\">eth\(number)</th>")) }
    #expect(page.contains("and 4 more in the table"))
    #expect(page.contains("<td class=\"number\">1.5 KiB/s</td>"))
  }

  @Test("names what is not drawn, and what could not be read")
  func missing() {
    var content = content()
    content.missing = ["Fans: no readings of hw.fan.speed in this time"]
    content.problems = ["/var/lib/accord/private/history.db is damaged or no database"]
    let page = html(content)
    #expect(page.contains("<li>Fans: no readings"))
    #expect(page.contains("Could not be read: /var/lib/accord/private/history.db is damaged"))
  }

  @Test("marks events above the charts, and shades gaps only in charts of the history")
  func marks() {
    var content = content()
    content.events = [TimelineEvent(.reboot, atMilliseconds: 1_680_000, "the machine started")]
    content.gaps = [
      SamplingGap(sinceMilliseconds: 336_000, untilMilliseconds: 672_000, cause: .reboot)
    ]
    content.charts = [chart([1, 2, 3])]
    var page = html(content)
    #expect(page.contains("<span class=\"mark\" style=\"left:50%\" aria-hidden=\"true\">R</span>"))
    #expect(page.contains("<path class=\"gap\" d=\"M67 0H134V400H67z\">"))
    content.charts[0].showsGaps = false
    page = html(content)
    #expect(!page.contains("<path class=\"gap\""))
  }
}

@Suite("shapes")
struct ChartPathsTests {
  private let window = ReportWindow(sinceMilliseconds: 0, untilMilliseconds: 100_000)

  private func paths(_ maximum: Double) -> ChartPaths {
    ChartPaths(ValueAxis(minimum: 0, maximum: maximum, quantity: .number), window)
  }

  private func trace(_ values: [Double?]) -> Trace {
    var trace = Trace(bucketCount: window.bucketCount)
    for (bucket, value) in values.enumerated() {
      if let value { trace.add(value, in: bucket, atMilliseconds: window.middle(of: bucket)) }
    }
    return trace
  }

  @Test("go from mean to mean, and are lifted over a gap")
  func line() {
    #expect(
      paths(4).line(trace([0, 1, 4, nil, nil, nil, nil, 2])) == "M1 400l2-100 2-300M14 200h2")
  }

  @Test("are one step as long as nothing changes")
  func flat() {
    #expect(paths(4).line(trace([2, 2, 2, 2, 4])) == "M1 200l6 0 2-200")
  }

  @Test("of a stack lie upon each other")
  func stack() {
    let areas = paths(4).stack([trace([1, 1]), trace([1, 3])])
    #expect(areas == ["M1 300l2 0V400l-2 0z", "M1 200l2-200V300l-2 0z"])
  }

  @Test("of bars are as high as the sum of their bucket")
  func bars() {
    var two = trace([nil, 1])
    two.add(1, in: 1, atMilliseconds: 12_000)
    #expect(paths(4).bars(two) == "M2 400v-200h2v200z")
  }
}
