"""Plain words: no page, docstring, comment, message or template has one of the known riddles."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
RIDDLES: Final = {
    r"whoever\b": "anyone who",
    r"\bin vain\b": "say what does not happen",
    r"\btak(?:e|es|en|ing) along\b": "name what is read, moved or copied",
    r"\b(?:is|are|was|were|be|been) told of\b": "name the message and its recipient",
    r"\btold of\b": "reported",
    r"\bput off\b": "delayed",
    r"\bthere is nothing that\b": "no … does",
    r"\bnothing says any more\b": "was removed",
    r"\bis no event\b": "is not an event",
    r"\bin place \d+\b": "item 1",
    r"\bnetwork in the world\b": "any network",
    r"\b(?:is|are) let in\b": "has access",
    r"\bnotices nothing\b": "is not affected",
    r"\bwhat is kept is paid for\b": "retention adds cost",
    r"\bnot provable\b": "unknown",
    r"\bnot with one of ours\b": "a customer-managed key is required",
    r"\bnobody has been named\b": "not known yet",
    r"\bthat proves no card\b": "does not prove that a card was posted",
    r"\bis not a key of this version\b": "unknown key",
    r"\bheeds?\b": "uses",
    r"\blest\b": "so that … not",
    r"\bvouch(?:es)? for\b": "covers, signs or confirms",
    r"\bgraver\b|\bgravest\b": "more severe",
    r"\b(?:is|are) called to mind\b": "a reminder is sent",
    r"\bdied? of (?:it|the resource)\b": "died while it read the resource",
    r"\bmonitor (?:that )?(?:stands|stood) still\b": "is stopped",
    r"\b(?:is|are|was|were) told (?:at once|as|by|too|with|within|while|before)\b": "is reported",
    r"\bleaves? the state\b": "is deleted from the state",
    r"\bno lawyer\b|\bno legal advice\b": "not legal advice",
}
"""What an engineer in a hurry stumbles over, as patterns, each with the words to use instead."""

PLACES: Final = (
    *("adapters", "bench", "cli", "detectors", "docs", "drift", "functions_host", "infra"),
    *("notifiers", "samples", "sandbox", "tests", "tools"),
)
SUFFIXES: Final = {".py", ".md", ".bicep", ".conf", ".kql", ".toml"}
LEFT_OUT: Final = {"tests/test_words.py"}
"""This file names the riddles."""


def texts() -> dict[str, str]:
    """Return every text of the project that people read, by its path, on one line each."""
    files = [*ROOT.glob("*"), *(each for place in PLACES for each in (ROOT / place).rglob("*"))]
    paths = {str(each.relative_to(ROOT)): each for each in files if each.suffix in SUFFIXES}
    return {
        name: " ".join(path.read_text(encoding="utf-8").split())
        for name, path in sorted(paths.items())
        if name not in LEFT_OUT
    }


TEXTS: Final = texts()


@pytest.mark.parametrize("riddle", RIDDLES)
def test_no_text_has_a_known_riddle(riddle: str) -> None:
    pattern = re.compile(riddle, re.IGNORECASE)
    found = {
        path: text[max(0, match.start() - 40) : match.end() + 40]
        for path, text in TEXTS.items()
        if (match := pattern.search(text))
    }

    assert found == {}, f"write instead: {RIDDLES[riddle]}"


def test_the_texts_of_every_kind_are_read() -> None:
    folders = {path.partition("/")[0] for path in TEXTS}

    assert {"cli", "detectors", "docs", "drift", "infra", "notifiers", "README.md"} <= folders
    assert {Path(path).suffix for path in TEXTS} == SUFFIXES
