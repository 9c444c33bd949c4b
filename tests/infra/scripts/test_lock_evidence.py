"""The lock of the evidence: with consent alone, and only where it keeps for long enough."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from infra.scripts import lock_evidence
from infra.scripts.console import Failed
from tests.infra.predicted import only
from tests.infra.scripts.people import Terminal

ACCOUNT = "stclinic"
UNLOCKED = {
    "immutabilityPeriodSinceCreationInDays": 2557,
    "state": "Unlocked",
    "allowProtectedAppendWrites": True,
    "etag": '"8d"',
}


class FakeAz:
    def __init__(self, policy: dict[str, Any]) -> None:
        self._policy = policy
        self.locks: list[str] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        if "lock" in arguments:
            self.locks.append(arguments[-1])
            return ""
        return json.dumps(self._policy)


def run(terminal: Terminal, az: FakeAz) -> int:
    chosen = lock_evidence.parsed(["--account", ACCOUNT])
    return lock_evidence.run(chosen, terminal.console, az)


def test_the_policy_is_locked_as_it_was_read_by_who_types_the_name_of_the_account() -> None:
    az = FakeAz(UNLOCKED)

    assert run(Terminal(ACCOUNT), az) == 0
    assert az.locks == ['"8d"']


@pytest.mark.parametrize(
    ("terminal", "code"), [(Terminal("yes"), 1), (Terminal(""), 1), (Terminal(dry_run=True), 0)]
)
def test_nothing_less_than_the_name_is_consent(terminal: Terminal, code: int) -> None:
    az = FakeAz(UNLOCKED)

    assert run(terminal, az) == code
    assert az.locks == []


def test_a_locked_policy_is_left_alone() -> None:
    az = FakeAz({**UNLOCKED, "state": "Locked"})
    terminal = Terminal(ACCOUNT)

    assert run(terminal, az) == 0
    assert (terminal.asked, az.locks) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"immutabilityPeriodSinceCreationInDays": 30},
        {"immutabilityPeriodSinceCreationInDays": None},
        {"allowProtectedAppendWrites": False},
        {"allowProtectedAppendWrites": None},
        {"state": "Deleting"},
        {"etag": ""},
    ],
)
def test_a_policy_that_keeps_too_short_stops_the_log_or_is_not_understood_is_not_locked(
    change: dict[str, Any],
) -> None:
    az = FakeAz({**UNLOCKED, **change})

    with pytest.raises(Failed):
        run(Terminal(ACCOUNT), az)
    assert az.locks == []


def test_what_the_template_deploys_can_be_locked() -> None:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    policy = only("app", kind)

    days = policy["properties"]["immutabilityPeriodSinceCreationInDays"]
    assert days == lock_evidence.SHORTEST
    assert policy["properties"][lock_evidence.APPENDS[0]] is True
    assert f"/containers/{lock_evidence.CONTAINER}/" in policy["id"]
