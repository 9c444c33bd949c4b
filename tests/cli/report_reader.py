"""Run ``phidrift report`` beside a monitor, and read its page as a browser would."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from tests.support.rig import SUBSCRIPTION

Printed = tuple[int, str, str]
Report = Callable[..., Printed]

LOADS = {"src", "href", "srcset", "action", "data", "poster", "background"}
"""Attributes by which a page names something outside."""


def report_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    """Return what runs the command on the state in a folder."""

    def run(*arguments: str, rules: str = "", subscriptions: str = SUBSCRIPTION) -> Printed:
        config = folder / "monitor.toml"
        config.write_text(rules, encoding="utf-8")
        monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", subscriptions)
        monkeypatch.setenv("STATE_STORE", f"sqlite:{folder / 'state.db'}")
        monkeypatch.setenv("EVIDENCE_STORE", f"file:{folder / 'log'}")
        monkeypatch.setenv("MONITOR_CONFIG", str(config))
        monkeypatch.chdir(folder)
        code = main(["report", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def data_of(report: Report, *arguments: str, **more: str) -> dict[str, Any]:
    """Return a report as JSON; it must be whole."""
    code, out, err = report(*arguments, "--format", "json", **more)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


class Page(HTMLParser):
    """What a page shows, and everything in it that is more than text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.headings: list[str] = []
        self._shown: list[str] = []
        self._within: list[str] = []
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        """Return the text that is shown, with single blanks."""
        return " ".join(" ".join(self._shown).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [
            f"{tag} {name}"
            for name, _ in attrs
            if name in LOADS or name.startswith("on") or name == "style"
        ]
        if tag != "meta":
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._within:
            self._shown.append(data)
        if self._within[-1:] in (["h1"], ["h2"], ["h3"]):
            self.headings.append(data)
