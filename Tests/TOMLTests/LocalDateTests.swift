import TOML
import Testing

@Suite("Dates of the calendar")
struct LocalDateTests {
  @Test(
    "days that the calendar does not have are no dates",
    arguments: [
      (2026, 2, 29), (1900, 2, 29), (2024, 2, 30), (2026, 4, 31), (2026, 1, 32), (2026, 1, 0),
      (2026, 0, 1), (2026, 13, 1), (0, 1, 1), (10000, 1, 1), (-1, 1, 1), (.max, .max, .max),
    ])
  func invalid(year: Int, month: Int, day: Int) {
    #expect(LocalDate(year: year, month: month, day: day) == nil)
  }

  @Test("dates are ordered by year, then month, then day, and written with leading zeros")
  func order() throws {
    let dates = try [(987, 12, 31), (2024, 2, 29), (2024, 10, 1), (2025, 1, 1)].map {
      try #require(LocalDate(year: $0, month: $1, day: $2))
    }
    #expect(dates.reversed().sorted() == dates)
    #expect(dates.map(\.description) == ["0987-12-31", "2024-02-29", "2024-10-01", "2025-01-01"])
  }
}
