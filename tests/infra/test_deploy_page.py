"""docs/deploy.md: what its commands name exists, and each guardrail has its row."""

import argparse
import json
import re
from collections.abc import Callable, Sequence

import pytest

from infra.scripts import (
    conditional_access,
    deploy_events,
    deploy_package,
    failed_deliveries,
    grant_graph,
    lock_evidence,
    send_test_event,
    uninstall,
)
from tests.infra.predicted import ROOT

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
COMMANDS = [
    re.sub(r"\s*\\\n\s*", " ", each).strip()
    for each in re.findall(r"^    ((?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
]
DEPLOYMENTS = [each for each in COMMANDS if " -f " in each]
PARSERS: dict[str, Callable[[Sequence[str]], argparse.Namespace]] = {
    "conditional_access": conditional_access.parsed,
    "deploy_events": deploy_events.parsed,
    "deploy_package": deploy_package.parsed,
    "failed_deliveries": failed_deliveries.parsed,
    "grant_graph": grant_graph.parsed,
    "lock_evidence": lock_evidence.parsed,
    "send_test_event": send_test_event.parsed,
    "uninstall": uninstall.parsed,
}


def test_the_page_deploys_every_template_that_is_not_a_module_of_another() -> None:
    named = {name for each in DEPLOYMENTS for name in re.findall(r"-f (\S+)", each)}

    mains = {str(each.relative_to(ROOT)) for each in (ROOT / "infra").glob("*/main.bicep")}
    assert named == mains | {"infra/app/secret.bicep"}


@pytest.mark.parametrize("command", DEPLOYMENTS)
def test_a_deployment_gives_every_parameter_that_is_required_and_none_that_is_not_there(
    command: str,
) -> None:
    template, given = re.findall(r"-f (\S+) -p (.*)", command)[0]
    text = (ROOT / template).read_text(encoding="utf-8")
    names = set(re.findall(r"(?:^|\s)(\w+)=", given))

    declared = re.findall(r"^param (\w+) (.*)$", text, re.MULTILINE)
    asked_for = re.findall(r"@secure\(\)\nparam (\w+)", text)
    required = {name for name, rest in declared if "=" not in rest} - {*asked_for}
    assert required <= names <= {name for name, _ in declared}


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_the_page_runs_each_script_with_arguments_that_it_takes(name: str) -> None:
    commands = [each for each in COMMANDS if f"infra.scripts.{name} " in each]

    assert commands
    for each in commands:
        arguments = re.sub(r"\$\([^)]*\)", "ID", each).partition(f"infra.scripts.{name} ")[2]
        assert vars(PARSERS[name](arguments.split()))


def test_every_script_is_on_the_page() -> None:
    scripts = {
        path.stem
        for path in (ROOT / "infra/scripts").glob("*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }

    assert scripts == set(PARSERS)
    assert all(f"| `{each}` |" in PAGE for each in scripts)


def test_each_guardrail_has_its_row_with_effect_and_cost() -> None:
    text = (ROOT / "infra/guardrails/main.bicep").read_text(encoding="utf-8")
    table = PAGE.partition("## Guardrails")[2].partition("With these guardrails a subscription")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", table, re.MULTILINE)

    assert {name for name, _, _ in rows} == set(
        re.findall(r"^param (\w+) bool", text, re.MULTILINE)
    )


def test_no_table_is_broken_by_an_empty_line() -> None:
    for block in re.split(r"\n{2,}", PAGE):
        lines = block.splitlines()
        if lines[0].startswith("| "):
            assert re.fullmatch(r"\|[-|]+\|", lines[1]), lines[0]


def test_the_page_says_how_much_of_a_filter_is_used() -> None:
    topics = json.loads((ROOT / "infra/events/topics.json").read_text(encoding="utf-8"))
    changes, payloads = (
        sum(len(each["values"]) for each in topic["advancedFilters"]) for topic in topics[:2]
    )

    assert f"operations use {changes} and its resource types {payloads};" in PAGE


def test_the_costs_add_up() -> None:
    table = PAGE.partition("| part | 1 subscription |")[2].partition("\n\n")[0]
    rows = [
        [int(each.replace(",", "")) for each in figures]
        for figures in re.findall(r"\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", table, re.MULTILINE)
    ]
    *parts, total = rows

    assert len(parts) == 8
    for column, told in enumerate(total):
        computed = sum(each[column] for each in parts)
        assert abs(computed - told) <= 0.02 * computed
