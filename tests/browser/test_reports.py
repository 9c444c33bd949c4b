"""The pages of `phidrift report` in Chromium: they load nothing, run nothing, and fit their width."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.cards import CHROMIUM, DESK, FLAGS, PHONE
from tests.cli.report_reader import Report, report_in
from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig

pytestmark = pytest.mark.browser

PERIOD: Final = ("--from", "2026-11-01", "--to", "2026-12-01")
PDF: Final = b"%PDF-"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    """Return the page of an incident, and that of its period."""
    rig = Rig(tmp_path)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    open_account.broken(rig)
    rig.write(ACCOUNT)
    report: Report = report_in(tmp_path, monkeypatch, capsys)
    listed = json.loads(report(*PERIOD, "--format", "json")[1])["incidents"]
    found = report("--incident", listed[0]["id"])[1], report(*PERIOD)[1]
    rig.close()
    return found


def drawn(browser: Browser, text: str, width: int, scheme: str) -> tuple[list[str], int]:
    """Return Chromium's errors and requests, and the width of the page."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.set_content(text)
    taken = int(page.evaluate("document.documentElement.scrollWidth"))
    page.close()
    return said, taken


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_fits_loads_nothing_and_breaks_no_policy(
    browser: Browser, pages: tuple[str, str], width: int, scheme: str
) -> None:
    for text in pages:
        assert drawn(browser, text, width, scheme) == ([], width)


def test_a_reference_to_the_outside_would_be_seen(browser: Browser, pages: tuple[str, str]) -> None:
    text = pages[0].replace("<main>", "<main><img src='https://example.invalid/x.png'>")

    assert drawn(browser, text, DESK, "light")[0] != []


def test_a_report_is_printed_on_paper_without_a_dark_background(
    browser: Browser, pages: tuple[str, str]
) -> None:
    for text in pages:
        page = browser.new_page(color_scheme="dark")
        page.set_content(text)
        page.emulate_media(media="print", color_scheme="dark")
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

        assert colour == "rgb(255, 255, 255)"
        assert page.pdf(format="A4").startswith(PDF)
        page.close()
