"""The table: what was measured beside what it may be, as text, JSON or Markdown."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure. Without a limit it is only shown; without a value it was skipped, and the note says why."""

    group: str
    what: str
    unit: str
    value: float | None
    limit: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "skipped"
        if self.limit is None:
            return ""
        if self.value <= self.limit:
            return "ok"
        excess = f"{100 * (self.value / self.limit - 1):.0f} %" if self.limit else number(self.value)
        return f"MISSED by {excess}"

    @property
    def budget(self) -> str:
        return "" if self.limit is None else f"{number(self.limit)} {self.unit}".rstrip()

    @property
    def measured(self) -> str:
        return "" if self.value is None else f"{number(self.value)} {self.unit}".rstrip()

    @property
    def command(self) -> str:
        return f"make bench ONLY={self.group}"


def number(value: float) -> str:
    """Three significant digits, and no fewer than those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def as_text(rows: list[Row]) -> str:
    cells = [(row.what, row.budget, row.measured, row.verdict, row.note) for row in rows]
    heads = ("what", "at most", "measured", "", "")
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(4)]
    lines = []
    for what, budget, measured, verdict, note in [heads, *cells]:
        columns = (what.ljust(widths[0]), budget.rjust(widths[1]), measured.rjust(widths[2]), verdict.ljust(widths[3]))
        lines.append("  ".join((*columns, note)).rstrip())
    return "\n".join(lines)


def as_json(rows: list[Row]) -> str:
    """One object a line."""
    names = ("group", "what", "unit", "value", "limit", "verdict", "note")
    return "\n".join(json.dumps({name: getattr(row, name) for name in names}) for row in rows)


def as_markdown(rows: list[Row]) -> str:
    """Without the notes, which are for whoever runs it."""
    lines = ["| what | budget | measured | command |", "| --- | --- | --- | --- |"]
    for row in rows:
        missed = f", {row.verdict}" if row.verdict.startswith("MISSED") else ""
        measured = f"{row.measured}{missed}" if row.measured else f"skipped: {row.note}"
        lines.append(f"| {row.what} | {row.budget and f'<= {row.budget}'} | {measured} | `{row.command}` |")
    return "\n".join(lines)
