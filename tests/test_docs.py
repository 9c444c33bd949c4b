"""The documents: links resolve, and lists are complete."""

import ast
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS
from cli.controls import every_control
from cli.health import lines as lines_of_health
from drift.changes.admission import Admission
from drift.changes.proof import Proof
from drift.config.app_settings import all_setting_names
from drift.config.channels import setting_names
from drift.events import ASSESSED, DELETED, WRITTEN
from drift.incidents.lifecycle import Transition
from drift.incidents.transition_log import logged_name
from drift.queues.decoding import OWN
from drift.queues.outbound import MessageKind
from drift.queues.own_message import RowMessage
from drift.self_monitoring.health import health
from drift.state.due_rows import DueReason
from drift.state.due_text import ConfirmationCause, due_text_of
from drift.state.keys import RowKind
from notifiers.channels import CHANNELS

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    sorted(
        path
        for place in (
            ROOT,
            ROOT / "docs",
            ROOT / "docs/adr",
            ROOT / "docs/runbooks",
            ROOT / "samples",
        )
        for path in place.glob("*.md")
    )
)
NAMED = tuple(str(path.relative_to(ROOT)) for path in PAGES)

POSTING = ("docs/running.md", "samples/README.md")
HOUSE = ("adapters", "cli", "detectors", "drift", "functions_host", "sandbox")

_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
_FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|json|toml|txt|csv))`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


DUE_KINDS = {each.KIND for each in OWN.values() if issubclass(each, RowMessage)} - {
    MessageKind.DONE
}
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Not yet"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _rows_of_the_state() -> str:
    return read("docs/state.md").partition("\n## Rows")[2].partition("\n## ")[0]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = _HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def leads_somewhere(page: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("name", NAMED)
def test_every_link_within_the_project_leads_somewhere(name: str) -> None:
    page = ROOT / name
    links = ["".join(each) for each in _LINK.findall(page.read_text(encoding="utf-8"))]
    local = [each for each in links if not each.startswith("https://")]

    assert [each for each in local if not leads_somewhere(page, each)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, left = set[Path](), [ROOT / "README.md"]
    while left:
        page = left.pop()
        reached.add(page)
        links = ["".join(each) for each in _LINK.findall(page.read_text(encoding="utf-8"))]
        pages = {(page.parent / each.partition("#")[0]).resolve() for each in links}
        left += [each for each in pages if each.suffix == ".md" and each not in reached]

    assert {each for each in PAGES if each not in reached} == set()


def test_the_readme_is_short_and_says_first_what_is_not_there() -> None:
    lines = read("README.md").splitlines()

    assert len(lines) <= 150
    assert "**Not deployed to Azure yet**" in "\n".join(lines[:10])


def test_every_file_that_a_page_names_exists() -> None:
    named = {(page, path) for page in NAMED for path in _FILE.findall(read(page))}

    assert [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_architecture_names_every_package() -> None:
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in HOUSE
        for path in (ROOT / folder).rglob("__init__.py")
    }
    named = {each.rstrip("/") for each in re.findall(r"`([\w/]+/)`", read("docs/architecture.md"))}

    assert packages - named == set()
    assert {each for each in named if not (ROOT / each).is_dir()} == set()


def test_the_architecture_has_seven_walks_that_each_name_files_in_order() -> None:
    walks = re.split(r"^### (\d)\. ", read("docs/architecture.md"), flags=re.MULTILINE)[1:]

    assert walks[::2] == [str(number) for number in range(1, 8)]
    for walk in walks[1::2]:
        steps = re.findall(r"^(\d+)\. `[\w./]+`", walk, re.MULTILINE)
        assert len(steps) >= 5
        assert steps == [str(number) for number in range(1, len(steps) + 1)]


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"^(\d+\. )\[(.+)\]\((.+)\)$", read("docs/adr/README.md"), re.MULTILINE)
    pages = sorted((ROOT / "docs/adr").glob("0*.md"))
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in pages]

    assert [name for _, _, name in listed] == [path.name for path in pages]
    assert [f"# {number}{title}" for number, title, _ in listed] == titles


def test_every_kind_of_row_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)(?:\\\|[^`]*)?` \|", _rows_of_the_state(), re.MULTILINE)

    assert set(rows) == set(RowKind)


def test_every_due_kind_is_documented() -> None:
    page = read("docs/state.md").partition("## Kinds of due rows")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(DUE_KINDS)


def test_every_due_reason_is_documented() -> None:
    page = read("docs/state.md").partition("## Reasons in a record")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(DueReason)


def test_the_glossary_explains_each_word_once() -> None:
    words = re.findall(r"^\| ([a-zA-Z][\w -]*) \|", read("docs/glossary.md"), re.MULTILINE)
    explained = [each for each in words if each != "word"]

    assert len(set(explained)) == len(explained)
    assert {"drift", "finding", "incident", "exception", "settle"} <= set(explained)


def test_the_changelog_has_each_version_once_and_known_sections() -> None:
    changes = read("CHANGELOG.md")
    heads = re.findall(r"^## (.+)$", changes, re.MULTILINE)

    assert len(set(heads)) == len(heads)
    assert heads.count("Unreleased") <= 1
    assert set(re.findall(r"^### (.+)$", changes, re.MULTILINE)) <= SECTIONS


def test_the_controls_page_lists_every_control_with_its_severities() -> None:
    rows = re.findall(
        r"^\| \[([A-Z][A-Z-]+)\]\(.*\| (\w+) \| (\w+) \|$",
        read("docs/controls.md"),
        re.MULTILINE,
    )

    assert rows == [(each.id, each.severity, each.otherwise) for each in every_control()]


@pytest.mark.parametrize(
    ("page", "heading"),
    [("README.md", "## What it checks"), ("docs/limits.md", "## What has controls")],
)
def test_a_list_of_what_is_checked_has_every_service(page: str, heading: str) -> None:
    table = read(page).partition(heading)[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([A-Z][\w ]+) \|", table, re.MULTILINE)

    assert rows == list(dict.fromkeys(each.service for each in every_control()))


@pytest.mark.parametrize("name", NAMED)
def test_every_command_that_is_named_exists(name: str) -> None:
    command = re.compile(r"`(?:\.venv/bin/)?phidrift (\w+)|^    \S*phidrift (\w+)", re.MULTILINE)
    told = set(command.findall(read(name)))

    assert {"".join(each) for each in told} - {*COMMANDS, "COMMAND", "ready"} == set()


@pytest.mark.parametrize("name", NAMED)
def test_every_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^\.PHONY: ([\w-]+)$", read("Makefile"), re.MULTILINE))
    told = set(re.findall(r"`make ([\w-]+)`|^    make ([\w-]+)", read(name), re.MULTILINE))

    assert {"".join(each) for each in told} <= targets


def test_every_command_has_its_place() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]", read("docs/commands.md"), re.MULTILINE)

    assert rows == list(COMMANDS)


def traced_events() -> set[str]:
    """Return the name of every event that the code writes to the log."""
    calls = (
        node
        for place in ("drift", "cli", "adapters", "functions_host")
        for path in (ROOT / place).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    texts = (
        each.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("trace", "trace_at")
        for argument in call.args
        for each in ast.walk(argument)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )
    return set(texts)


def test_every_event_and_transition_of_the_log_is_documented() -> None:
    page = read("docs/operations.md").partition("## Events of the log")[2]
    rows = re.findall(r"^\| (`[a-z][^|]*`) \|", page, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    transitions = {logged_name(each) for each in Transition}

    assert told - {"transition"} == traced_events() | transitions


@pytest.mark.parametrize(
    ("event", "field", "values"),
    [
        ("event-admitted", "admission", {each.name.lower() for each in Admission}),
        ("proof", "proof", {each.name.lower() for each in Proof}),
        ("reread-due", "due", {each.value for each in DueReason} - {DueReason.RECOVER}),
    ],
)
def test_every_value_of_a_field_of_the_log_is_documented(
    event: str, field: str, values: set[str]
) -> None:
    page = read("docs/operations.md")
    [row] = re.findall(rf"^\| `{event}` \| .*$", page, re.MULTILINE)
    shown = row.partition(f"`{field}` (")[2].partition(")")[0]
    named = set(re.findall(r"(?:^|[;,] )`(\w+)`", shown))
    used = set(re.findall(rf"\b{field}=(\w+)", page))

    assert named == values
    assert used <= values


def test_every_reason_that_the_page_of_operations_quotes_is_one_of_the_log() -> None:
    quoted = re.findall(r"reason=\"([^\"]+)\"", read("docs/operations.md"))
    due = {due_text_of(reason, cause) for reason in DueReason for cause in ConfirmationCause}
    reasons = {*Admission, *Transition, *due}

    assert quoted
    assert [each for each in quoted if each not in reasons] == []


def test_the_pages_that_post_an_event_show_the_same_line() -> None:
    line = re.compile(r"^ +curl -i .*?\.json$", re.MULTILINE | re.DOTALL)
    here, there = ([each.split() for each in line.findall(read(page))] for page in POSTING)

    assert len(here) == 1
    assert here == there


def test_every_type_of_event_is_documented() -> None:
    told = re.findall(r"^\| `(Microsoft[\w.]+)` \|", read("docs/events.md"), re.MULTILINE)

    assert {each.lower() for each in told} == WRITTEN | DELETED | ASSESSED


def test_every_kind_of_message_is_documented() -> None:
    page = read("docs/formats.md").partition("## Queues")[2].partition("## Health")[0]
    others = {"kind", "schema", "changes", "deliveries", "background"}

    assert set(re.findall(r"`(\w+)`", page)) - others == set(MessageKind)


def figures_of_health() -> list[str]:
    source = Path(health.__code__.co_filename).read_text(encoding="utf-8")
    return re.findall(r"^        \"(\w+)\":", source, re.MULTILINE)


def test_every_figure_of_health_is_documented() -> None:
    told = re.findall(
        r"^\| `(\w+)` \|", read("docs/formats.md").partition("## Health")[2], re.MULTILINE
    )

    assert told == [*figures_of_health(), "version"]  # which bootstrap adds


def test_the_example_of_health_is_what_the_command_prints_of_the_answer_below_it() -> None:
    page = read("docs/running.md").partition("## Is it working?")[2]
    answer = json.loads(page[page.index('{"status"') : page.index("| what you see")])
    now = datetime.fromisoformat(answer["lastEvent"]) + timedelta(seconds=17)
    shown = re.findall(
        r"^    ([a-z].*)$", page.partition("`GET /api/health` answers")[0], re.MULTILINE
    )

    assert shown == list(lines_of_health(answer, now))
    assert list(answer) == [*figures_of_health(), "version"]


def test_no_document_names_a_setting_that_is_not_there() -> None:
    of_channels = {name.partition("_")[0] for name in setting_names(CHANNELS)}
    kinds = ("MONITORED", "LOG_ANALYTICS", "STATE", "EVIDENCE", *of_channels)
    told = {
        name
        for page in NAMED
        for name in re.findall(r"`([A-Z][A-Z_]+_[A-Z_]+)[=`]", read(page))
        if name.startswith(kinds)
    }

    assert told <= set(all_setting_names(CHANNELS))
