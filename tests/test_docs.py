"""The documents: links resolve, and lists are complete."""

import re
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS
from cli.controls import every_control
from drift.config.app_settings import all_setting_names
from drift.config.channels import setting_names
from drift.events import ASSESSED, DELETED, WRITTEN
from drift.queues.outbound import MessageKind
from drift.self_monitoring.health import health
from notifiers.channels import CHANNELS

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    sorted(
        path
        for place in (ROOT, ROOT / "docs", ROOT / "docs/adr", ROOT / "samples")
        for path in place.glob("*.md")
    )
)
NAMED = tuple(str(path.relative_to(ROOT)) for path in PAGES)

_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """Return what a page's headings are linked by."""
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


def test_the_readme_lists_every_control_with_its_severities() -> None:
    rows = re.findall(
        r"^\| ([A-Z][A-Z-]+) \|.*\| (\w+) \| (\w+) \|$", read("README.md"), re.MULTILINE
    )

    assert rows == [(each.id, each.severity, each.otherwise) for each in every_control()]


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


def test_the_readme_and_the_samples_show_the_same_line() -> None:
    line = re.compile(r"^    curl -i .*?\.json$", re.MULTILINE | re.DOTALL)

    assert line.findall(read("README.md")) == line.findall(read("samples/README.md"))


def test_every_type_of_event_is_documented() -> None:
    told = re.findall(r"^\| `(Microsoft[\w.]+)` \|", read("docs/events.md"), re.MULTILINE)

    assert {each.lower() for each in told} == WRITTEN | DELETED | ASSESSED


def test_every_kind_of_message_is_documented() -> None:
    page = read("docs/formats.md").partition("## Queues")[2].partition("## Health")[0]
    others = {"kind", "schema", "changes", "deliveries"}

    assert set(re.findall(r"`(\w+)`", page)) - others == set(MessageKind)


def test_every_figure_of_health_is_documented() -> None:
    told = re.findall(
        r"^\| `(\w+)` \|", read("docs/formats.md").partition("## Health")[2], re.MULTILINE
    )
    given = re.findall(
        r"^        \"(\w+)\":", Path(health.__code__.co_filename).read_text(), re.MULTILINE
    )

    assert told == given


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
