// Adding to a page that is made already: what whoever packs it knows, and whoever made it did not.

extension ReportPage {
  /// The page with one more section at the end of its main part. Without a page, one that has nothing else.
  package static func adding(_ table: ReportContent.Table, to page: [UInt8]?) -> [UInt8] {
    var section = HTMLWriter()
    write(table, heading: "h2", &section)
    // Text is escaped, so no other place of the page looks like this one.
    let end = Array("</main>".utf8)
    guard let page, let position = page.lastStart(of: end) else { return plain(section.bytes) }
    let whole = page[..<position] + section.bytes + page[position...]
    return linking(table, in: Array(whole))
  }

  /// With the section among the contents.
  private static func linking(_ table: ReportContent.Table, in page: [UInt8]) -> [UInt8] {
    guard let position = page.lastStart(of: Array("</ul></nav>".utf8)) else { return page }
    var entry = HTMLWriter()
    entry.element("li") { entry in
      entry.element("a", [("href", "#" + identifier(table))]) { $0.text(table.title) }
    }
    return page[..<position] + entry.bytes + page[position...]
  }

  private static func plain(_ section: [UInt8]) -> [UInt8] {
    var page = HTMLWriter()
    page.markup("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
    page.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    page.markup("<title>Accord dump</title><style>")
    page.markup(ReportStyle.text)
    page.markup("</style></head><body><header><h1>Accord dump</h1></header><main>")
    page.element("p", "There is no report: its section failed, or was left out.")
    return page.bytes + section + Array("</main></body></html>\n".utf8)
  }
}

extension [UInt8] {
  fileprivate func lastStart(of word: [UInt8]) -> Int? {
    stride(from: count - word.count, through: 0, by: -1).first { start in
      self[start..<start + word.count].elementsEqual(word)
    }
  }
}
