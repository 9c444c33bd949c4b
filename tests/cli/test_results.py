"""Which results are printed, and in what format."""

import argparse
import csv
import io
from collections import Counter

import pytest

from cli.output import results
from cli.output.colours import coloured, paint_for, plain
from cli.output.progress import Progress
from cli.output.results import CsvRows, Filter, Results, ResultsTable, hidden_results, known_control
from cli.output.results_table import PrintedResult, Style, Tallies, rendered
from drift.controls.result import ControlResult
from drift.errors import BadSettings
from drift.estate import Scope
from drift.fixes import Fix, SetProperty
from drift.model import Control, Evidence, Outcome, Severity, Verdict

SUBSCRIPTION = "/subscriptions/5a4e1f9c-0d5b-4c1e-9f37-2f6f3c1b7d10"
GROUP = f"{SUBSCRIPTION}/resourceGroups/Clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scans"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def control(name: str) -> Control:
    return Control(
        id=name,
        title="A door is shut",
        service="House",
        severity=Severity.CRITICAL,
        otherwise=Severity.HIGH,
        hipaa=("164.312(a)(1)", "164.312(b)"),
        why="Doors let people in.",
        fix="az door shut",
        watches={"microsoft.storage/storageaccounts": ("properties.open",)},
    )


def judged(
    outcome: Outcome = Outcome.FAIL,
    severity: Severity | None = Severity.HIGH,
    name: str = "DOOR",
    reason: str = "the door is open",
    phi: bool | None = True,
) -> ControlResult:
    fix = Fix((SetProperty(ACCOUNT, "properties.open", False),), "People are locked out.")
    evidence = (Evidence("properties.open", True, "false"),)
    verdict = Verdict(outcome, reason, evidence, fix=fix if outcome is Outcome.FAIL else None)
    shown = severity if outcome in (Outcome.FAIL, Outcome.EXCEPTED) else None
    return ControlResult(control(name), verdict, shown, Scope(phi, "its tags cannot be read"))


def table(*shown: PrintedResult, style: Style | None = None) -> list[str]:
    tallies = Tallies()
    for each in shown:
        tallies.add(each.resource_id, each.result)
    return rendered(shown, tallies, style or Style(100, plain)).splitlines()


@pytest.mark.parametrize(
    ("result", "is_printed"),
    [
        (judged(severity=Severity.CRITICAL), True),
        (judged(severity=Severity.HIGH), True),
        (judged(severity=Severity.MEDIUM), False),
        (judged(Outcome.EXCEPTED, Severity.HIGH), True),
        (judged(Outcome.UNKNOWN), True),
        (judged(Outcome.PASS), False),
    ],
)
def test_a_severity_lets_through_what_is_as_severe_and_what_is_unknown(
    result: ControlResult, is_printed: bool
) -> None:
    assert Filter(Severity.HIGH).accepts(result) is is_printed


def test_a_control_lets_through_its_own_results() -> None:
    chosen = Filter(controls=frozenset({"DOOR"}))

    assert (chosen.accepts(judged()), chosen.accepts(judged(name="WINDOW"))) == (True, False)


def test_what_a_filter_hides_is_counted_and_still_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = io.StringIO()
    printed = Results(
        ResultsTable(Style(100, plain)),
        Progress("scan", said),
        Filter(controls=frozenset({"WINDOW"})),
    )
    printed.add(ACCOUNT, judged())
    printed.add(ACCOUNT, judged(Outcome.PASS), is_asked=False)
    printed.end()

    assert printed.has_drifted
    assert printed.hidden == {Outcome.FAIL: 1}
    assert said.getvalue() == (
        "phidrift scan: 1 result is hidden by --severity or --control (1 fail); "
        "the exit code counts it\n"
    )
    rows = [each.split() for each in capsys.readouterr().out.splitlines()]
    assert ["DOOR", "1", "0", "0", "1", "0"] in rows


def test_hidden_results_are_told_by_outcome() -> None:
    told = hidden_results(Counter({Outcome.UNKNOWN: 1, Outcome.FAIL: 2}))

    assert told == (
        "3 results are hidden by --severity or --control (2 fail, 1 unknown); "
        "the exit code counts them"
    )


def test_failures_come_first_by_severity_then_unknown_then_pass() -> None:
    lines = table(
        PrintedResult(ACCOUNT, judged(Outcome.PASS, name="E")),
        PrintedResult(ACCOUNT, judged(Outcome.EXCEPTED, name="D")),
        PrintedResult(ACCOUNT, judged(Outcome.UNKNOWN, name="C")),
        PrintedResult(ACCOUNT, judged(severity=Severity.LOW, name="B")),
        PrintedResult(ACCOUNT, judged(severity=Severity.CRITICAL, name="A")),
    )

    heads = [each.split()[0] for each in lines if "storageAccounts in Clinic" in each]
    assert heads == ["CRITICAL", "LOW", "UNKNOWN", "EXCEPTED", "PASS"]


def test_failures_of_one_severity_on_one_resource_share_a_heading() -> None:
    lines = table(
        PrintedResult(ACCOUNT, judged(name="WINDOW")), PrintedResult(ACCOUNT, judged(name="DOOR"))
    )

    assert lines[:4] == [
        "HIGH      scans  storageAccounts in Clinic, PHI",
        "  DOOR    the door is open",
        "  WINDOW  the door is open",
        "",
    ]


@pytest.mark.parametrize(
    ("resource_id", "kind"),
    [
        ("/tenants/5a4e1f9c-0000-0000-0000-000000000000", "tenant"),
        ("/providers/Microsoft.Management/managementGroups/clinic", "management group"),
        (SUBSCRIPTION, "subscription"),
        (f"{SUBSCRIPTION}/resourceGroups/Clinic", "resource group"),
        (f"{ACCOUNT}/blobServices/default", "storageAccounts/blobServices in Clinic"),
    ],
)
def test_a_heading_names_the_kind_of_each_scope(resource_id: str, kind: str) -> None:
    assert table(PrintedResult(resource_id, judged()))[0].endswith(f"  {kind}, PHI")


@pytest.mark.parametrize(
    ("phi", "told"), [(True, "PHI"), (False, "no PHI"), (None, "PHI status unknown")]
)
def test_a_heading_says_whether_it_holds_phi(phi: bool | None, told: str) -> None:
    assert table(PrintedResult(ACCOUNT, judged(phi=phi)))[0].endswith(f"in Clinic, {told}")


def test_a_long_reason_is_wrapped_below_itself() -> None:
    reason = " ".join(["word"] * 30)
    lines = table(PrintedResult(ACCOUNT, judged(reason=reason)), style=Style(60, plain))

    assert all(len(each) <= 60 for each in lines[1:4])
    assert lines[2].startswith("        word")
    assert " ".join(each.replace("DOOR", "").strip() for each in lines[1:5]).strip() == reason


def test_a_reason_does_not_repeat_the_id_of_its_heading() -> None:
    reason = f"cannot tell: {ACCOUNT.lower()}/blobServices/default: HTTP 403"
    lines = table(PrintedResult(ACCOUNT, judged(Outcome.UNKNOWN, reason=reason)))

    assert lines[1] == "  DOOR  cannot tell: …/blobServices/default: HTTP 403"


def test_control_characters_of_a_resource_do_not_reach_the_terminal() -> None:
    lines = table(PrintedResult(ACCOUNT, judged(reason="red\x1b[31m"), case="\x1b[2J"))

    assert "\x1b" not in "".join(lines)


def test_verbose_adds_the_id_the_evidence_and_the_fix() -> None:
    style = Style(100, plain, is_verbose=True)
    lines = [each.strip() for each in table(PrintedResult(ACCOUNT, judged(phi=None)), style=style)]

    assert lines[1] == ACCOUNT
    assert lines[3:7] == [
        "its tags cannot be read",
        "properties.open: true (expected: false)",
        f"fix: az resource update --ids {ACCOUNT} --set properties.open=false",
        "People are locked out.",
    ]


def test_the_summaries_count_every_outcome_by_control_and_by_group() -> None:
    rows = [
        each.split()
        for each in table(
            PrintedResult(ACCOUNT, judged()),
            PrintedResult(f"{ACCOUNT}2", judged(Outcome.UNKNOWN)),
            PrintedResult(SUBSCRIPTION, judged(Outcome.NOT_APPLICABLE)),
        )
    ]

    assert ["DOOR", "1", "1", "0", "0", "1"] in rows
    assert ["Clinic", "1", "1", "0", "0", "0"] in rows
    assert ["(no", "resource", "group)", "0", "0", "0", "0", "1"] in rows


def test_groups_of_one_name_in_two_subscriptions_are_told_apart() -> None:
    other = ACCOUNT.replace("5a4e1f9c", "00000000")
    lines = table(PrintedResult(ACCOUNT, judged()), PrintedResult(other, judged()))

    assert [each for each in lines if each.startswith("Clinic (00000000-")]
    assert [each for each in lines if each.startswith("Clinic (5a4e1f9c-")]


def test_csv_has_one_row_for_each_result_and_no_formula() -> None:
    stream = io.StringIO()
    rows = CsvRows(stream)
    rows.add(PrintedResult(ACCOUNT, judged(reason='said "open", twice', phi=None), case="=1+1"))
    rows.end(Tallies())

    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))
    assert row["case"] == "'=1+1"
    assert (row["resourceId"], row["control"], row["outcome"]) == (ACCOUNT, "DOOR", "fail")
    assert (row["severity"], row["phi"]) == ("high", "unknown")
    assert row["reason"].startswith('said "open", twice')
    assert row["hipaa"] == "164.312(a)(1) 164.312(b)"
    assert row["fixCommand"].startswith("az resource update")


def test_csv_without_a_result_still_names_the_columns() -> None:
    stream = io.StringIO()
    CsvRows(stream).end(Tallies())

    assert stream.getvalue().startswith("case,resourceId,control,outcome,")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("STORAGE-TSL", "did you mean STORAGE-TLS?"), ("x", "`phidrift controls` lists them.")],
)
def test_a_control_that_does_not_exist_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(BadSettings) as refused:
        known_control(name, {"STORAGE-TLS", "SQL-TDE"}, option="--control ")

    assert refused.value.problems == (f"--control {name}: there is no such control; {hint}",)


def test_a_control_is_found_in_any_case() -> None:
    assert known_control("sql-tde", {"SQL-TDE"}) == "SQL-TDE"


@pytest.mark.parametrize("option", ["--format=xml", "--severity=severe"])
def test_an_unknown_choice_is_a_usage_error(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    results.add_arguments(parser)

    with pytest.raises(SystemExit):
        parser.parse_args([option])
    assert "choose from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_a_terminal_that_wants_them(env: dict[str, str], is_coloured: bool) -> None:
    assert paint_for(Terminal(), env) is (coloured if is_coloured else plain)
    assert paint_for(io.StringIO(), env) is plain
