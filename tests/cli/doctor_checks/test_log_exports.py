"""The doctor says which log is missing, where a log does not go, and whether the group can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from cli.doctor_checks.azure_refusals import AttemptedRead
from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.identity import READER
from cli.doctor_checks.log_exports import ENTRA, entra_export, feed_checks, group_export
from cli.doctor_checks.tenant import group_checks
from drift import ids
from drift.access.ports import QueryValue
from drift.errors import SourceUnavailable
from drift.log_feed.feeds import CONTAINERS, DIRECTORY, SIGN_INS
from drift.ports import LoggedChange
from tests.cli.doctor_checks.asking import AT, MONITOR, WORKSPACE, Answer, Reader, unavailable
from tests.drift.log_feed.logs import a_change

GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
ON_GROUP = f"{GROUP}/providers/Microsoft.Insights/diagnosticSettings"
OF_GROUP = f"{GROUP}/providers/Microsoft.Authorization/policyExemptions"
FEEDS = (CONTAINERS, DIRECTORY, SIGN_INS)


@dataclass
class Log:
    """A log whose queries answer with rows, or refuse; it records the queries."""

    answers: Mapping[str, Sequence[LoggedChange] | SourceUnavailable] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, QueryValue]]] = field(default_factory=list)

    def changes(
        self, query: str, *, since: datetime, until: datetime, values: Mapping[str, QueryValue]
    ) -> Sequence[LoggedChange]:
        self.asked.append((query, values))
        found = self.answers.get(query, ())
        if isinstance(found, SourceUnavailable):
            raise found
        return found


def attempt(scope: str = WORKSPACE) -> AttemptedRead:
    return AttemptedRead(
        name="asked",
        principal=MONITOR,
        role=READER,
        scope=scope,
        setting="LOGS_ENDPOINT",
        connection_problem=lambda: None,
    )


def of_feeds(log: Log) -> list[Check]:
    return list(feed_checks(log, FEEDS, ("an-account",), now=AT, asked=attempt()))


def test_each_log_that_answers_is_ok_with_its_rows_of_a_day() -> None:
    log = Log({CONTAINERS.query: [a_change(AT)]})
    found = of_feeds(log)

    assert [each.level for each in found] == [Level.OK] * 3
    assert found[0].finding.endswith("1 in the last day")
    assert found[1].finding.endswith("none in the last day")
    assert log.asked[-1] == (SIGN_INS.query, {"accounts": ("an-account",)})


def test_a_table_that_is_missing_fails_and_hides_no_other() -> None:
    found = of_feeds(Log({DIRECTORY.query: unavailable(400, "BadArgumentError")}))

    assert [each.level for each in found] == [Level.OK, Level.FAIL, Level.OK]
    assert found[1].name == "log AuditLogs"
    assert "access reviews and directory roles are not found" in found[1].finding


def test_no_answer_at_all_ends_the_questions() -> None:
    [found] = of_feeds(Log({CONTAINERS.query: unavailable(0)}))

    assert found.level is Level.FAIL


def sending(*categories: str, workspace: str = WORKSPACE, enabled: bool = True) -> dict[str, Any]:
    logs = [{"category": each, "enabled": enabled} for each in categories]
    return {"properties": {"workspaceId": workspace, "logs": logs}}


@pytest.mark.parametrize(
    ("answer", "level", "told"),
    [
        ([sending("AuditLogs", "SigninLogs")], Level.OK, "go to the workspace"),
        ([sending("AuditLogs"), sending("SignInLogs")], Level.OK, "go to the workspace"),
        ([sending("AuditLogs")], Level.WARN, "SignInLogs do not go"),
        ([sending("AuditLogs", "SignInLogs", workspace="/other")], Level.WARN, "AuditLogs and"),
        ([sending("AuditLogs", "SignInLogs", enabled=False)], Level.WARN, "AuditLogs and"),
        ([], Level.WARN, "AuditLogs and SignInLogs do not go"),
        (unavailable(403, "AuthorizationFailed"), Level.WARN, "HTTP 403 AuthorizationFailed"),
        (unavailable(0), Level.WARN, "no answer"),
    ],
)
def test_where_the_logs_of_the_tenant_go_is_told(answer: Answer, level: Level, told: str) -> None:
    found = entra_export(Reader({ids.key(ENTRA): answer}), WORKSPACE)

    assert (found.level, told in found.finding) == (level, True)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ([sending("Administrative")], Level.OK),
        ([sending("Policy")], Level.WARN),
        ([], Level.WARN),
        (unavailable(403), Level.WARN),
    ],
)
def test_where_the_activity_log_of_the_group_goes_is_told(answer: Answer, level: Level) -> None:
    found = group_export(Reader({ids.key(ON_GROUP): answer}), GROUP, WORKSPACE)

    assert found.level is level


@pytest.mark.parametrize(
    ("answers", "level", "told"),
    [
        ({}, Level.OK, "0 policyAssignments, 0 policyExemptions, 0 roleAssignments"),
        ({GROUP: None}, Level.FAIL, "no management group of this name"),
        ({GROUP: unavailable(403)}, Level.FAIL, f"the role Reader is missing on {GROUP}"),
        ({OF_GROUP: unavailable(403)}, Level.FAIL, "the role Reader is missing"),
    ],
)
def test_a_group_that_cannot_be_read_names_what_is_missing(
    answers: dict[str, Answer], level: Level, told: str
) -> None:
    reader = Reader({ids.key(name): answer for name, answer in answers.items()})
    [found] = group_checks(reader, GROUP, attempt(GROUP))

    assert (found.level, told in found.finding) == (level, True)


@pytest.mark.parametrize(("status", "step"), [(403, "grant Reader"), (429, "run it again later")])
def test_an_export_that_cannot_be_read_has_the_step_of_its_cause(status: int, step: str) -> None:
    found = group_export(Reader({ids.key(ON_GROUP): unavailable(status)}), GROUP, WORKSPACE)

    assert found.step.startswith(step)
