"""The page of `accord report` in a real browser: a made-up week on a desktop and a phone, by day and by night.

SCREENSHOTS=folder keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import synthetic_week
from appliance import Appliance, run
from browser import PROGRAM, Browser, kept

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed; packaging/set-up installs it")

DESKTOP, PHONE = 1280, 390
LOOKS = [(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)]

# Each text with the colours that it and what lies behind it have: those of the nearest that has one.
LOW_CONTRASTS = """
(() => {
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number)
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2])
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor)
      if (c.length === 3 || c[3] > 0.99) return c
    }
    return [255, 255, 255]
  }
  const found = []
  let count = 0
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.textContent.trim() || element.closest('svg')) continue
    count += 1
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${walker.currentNode.textContent.slice(0, 60)}`)
  }
  return { count, found }
})()
"""


@pytest.fixture(scope="module")
def week() -> Iterator[Appliance]:
    with synthetic_week.room() as folder:
        yield synthetic_week.make(Path(folder))


@pytest.fixture(scope="module")
def file(week: Appliance, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("report") / "week.html"
    synthetic_week.pretend_running(week)
    done = run(week.command("accord", "report", "--output", str(file)))
    assert done.code == 0, done.err
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.mark.parametrize(("width", "is_dark"), LOOKS)
def test_the_page_is_readable_everywhere_and_asks_for_nothing(browser, file, tmp_path, width, is_dark):
    with browser.open(file, width=width, is_dark=is_dark) as page:
        page.screenshot(kept(f"report-{width}-{'dark' if is_dark else 'light'}.png", tmp_path), width)
        assert page.value("document.scrollingElement.scrollWidth") <= width
        contrasts = page.value(LOW_CONTRASTS)
        assert contrasts["count"] > 300 and contrasts["found"] == []
        assert page.value("matchMedia('(prefers-color-scheme: dark)').matches") is is_dark
        assert page.requests == [file.resolve().as_uri()]
        assert page.complaints == []


def test_what_is_said_below_the_contrast_or_wider_than_the_page_would_be_found(browser, file, tmp_path):
    """The checks above can fail."""
    bad = tmp_path / "bad.html"
    style = "body{color:#999!important}h1{width:900px}"
    picture = "<img src='http://127.0.0.1:9/x'>"
    bad.write_text(file.read_text().replace("</style>", f"{style}</style>").replace("</body>", f"{picture}</body>"))
    with browser.open(bad, width=PHONE) as page:
        assert page.value("document.scrollingElement.scrollWidth") > PHONE
        assert page.value(LOW_CONTRASTS)["found"] != []
        # What the page wants is seen, although its own policy keeps it from getting it.
        assert "http://127.0.0.1:9/x" in page.requests
        assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_headings_are_in_order_and_drawings_have_words(browser, file):
    with browser.open(file, width=DESKTOP) as page:
        assert page.value("document.documentElement.lang") == "en"
        levels = page.value("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
        words = "s.getAttribute('aria-labelledby').split(' ').map(id => document.getElementById(id).textContent)"
        unnamed = f"[...document.querySelectorAll('svg[role=img]')].filter(s => {words}.some(w => w.length < 4)).length"
        assert page.value("document.querySelectorAll('svg[role=img]').length") > 15
        assert page.value(unnamed) == 0
        names = page.value("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(names) == len(set(names))
        links = "[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.getAttribute('href')))"
        assert page.value(links)


def test_the_week_is_told_on_the_page(browser, file):
    with browser.open(file, width=DESKTOP) as page:
        text = page.value("document.body.innerText")
        for sentence in (
            "Line Controller LC-440",
            "full in about 3 days",
            "at the pace of the last 3 days",
            "Package id 0 (coretemp.0) reached",
            "its warning limit is 84 °C",
            "no readings for 3 h",
            "the machine started",
            "accordd was started again",
            "Requests that were not accepted",
        ):
            assert sentence in text, sentence


def test_on_paper_the_tables_are_open(browser, file, tmp_path):
    # A4 at 96 dots an inch, without the margins.
    with browser.open(file, width=680, is_print=True) as page:
        page.screenshot(kept("report-print.png", tmp_path), 680, 4_000)
        tables = "[...document.querySelectorAll('details table')]"
        closed = f"{tables}.filter(t => t.getBoundingClientRect().height < 10).length"
        assert page.value("document.querySelectorAll('details table').length") > 15
        assert page.value(closed) == 0
        assert page.value("document.scrollingElement.scrollWidth") <= 680
