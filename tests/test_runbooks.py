"""Each control has a runbook with the same sections; its commands and queries are valid."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from cli.__main__ import COMMANDS
from cli.controls import every_control
from drift.controls.monitor_controls import BREACH_CLOCK

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "runbooks"
PAGES: Final = sorted(each for each in FOLDER.glob("*.md") if each.name != "README.md")
CONTROL_IDS: Final = (ROOT / "tests/detectors/control_ids.txt").read_text(encoding="utf-8").split()
TABLE: Final[dict[str, Any]] = json.loads(
    (ROOT / "tests/detectors/az_commands.json").read_text(encoding="utf-8")
)["commands"]
TABLES: Final = json.loads((ROOT / "tests/runbook_tables.json").read_text(encoding="utf-8"))
"""The columns that the queries use, by the reference of Azure Monitor's tables."""

SECTIONS: Final = [
    "What happened",
    "How bad it is",
    "First 15 minutes",
    "Fix and side effects",
    "How to know that it is closed",
    "What may break",
    "False leads",
]
SHARED: Final = {"--subscription", "--query", "--output"}
"""What every az command takes."""
PLACED: Final = {"--ids", "--id"}
"""A whole id, which stands for the names that are demanded otherwise."""

_INLINE: Final = re.compile(r"`az ([a-z][^`]*)`")
_KQL: Final = re.compile(r"^ *```kql\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SHELL: Final = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Return each command of a page that is to be pasted, as words."""
    blocks = _SHELL.findall(page.read_text(encoding="utf-8"))
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def refused(words: list[str]) -> list[str]:
    """Return what azure-cli would refuse of a command."""
    start = next((at for at, each in enumerate(words) if each.startswith("-")), len(words))
    name, given = " ".join(words[1:start]), set(words[start:])
    if name not in TABLE:
        return [f"no command {name}"]
    known = TABLE[name]["options"]
    options = {each for each in given if each.startswith("--")}
    wrong = [f"{name} has no option {each}" for each in options - known.keys() - SHARED]
    if options & PLACED:
        return wrong
    return wrong + [
        f"{name} demands {one[-1]}" for one in TABLE[name]["required"] if not options & set(one)
    ]


def test_every_control_has_a_runbook_and_every_runbook_is_of_a_control_of_the_catalogue() -> None:
    written = {each.stem for each in PAGES}

    assert {each.id for each in every_control()} - written == set()
    assert written - set(CONTROL_IDS) == {BREACH_CLOCK.id}


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_a_runbook_has_every_section_and_something_in_each(page: Path) -> None:
    title, *parts = re.split(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    headings, texts = parts[1::2], parts[2::2]

    assert title == page.stem
    assert headings == SECTIONS
    assert all(each.strip() for each in texts)


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_the_commands_of_a_runbook_are_ones_that_exist(page: Path) -> None:
    told = commands(page)
    ours = [each for each in told if each[0] == ".venv/bin/phidrift"]
    azure = [each for each in told if each[0] == "az"]

    assert len(ours) + len(azure) == len(told) > 0
    assert {each[1] for each in ours} <= COMMANDS.keys()
    assert [wrong for each in azure for wrong in refused(each)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_a_command_that_a_sentence_names_exists(page: Path) -> None:
    named = _INLINE.findall(page.read_text(encoding="utf-8"))
    words = [re.split(r" (?=-)", each)[0] for each in named]

    assert [
        each for each in words if not any(f"{name} ".startswith(f"{each} ") for name in TABLE)
    ] == []


def test_microsofts_language_service_finds_nothing_wrong_with_any_query() -> None:
    node = shutil.which("node")
    assert node, "Node.js runs the language service"
    queries = {
        f"{page.stem} {at}": query
        for page in PAGES
        for at, query in enumerate(_KQL.findall(page.read_text(encoding="utf-8")))
    }
    done = subprocess.run(
        [node, str(ROOT / "tests/adapters/log_analytics/kql_check.mjs")],
        input=json.dumps({"tables": TABLES, "queries": queries}),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)

    assert len(answers) == len(queries) > 0
    assert {name: each["problems"] for name, each in answers.items() if each["problems"]} == {}


def test_the_list_of_runbooks_names_each_once() -> None:
    listed = re.findall(r"\[([A-Z-]+)\]\(\1\.md\)", (FOLDER / "README.md").read_text("utf-8"))

    assert sorted(listed) == [each.stem for each in PAGES]
