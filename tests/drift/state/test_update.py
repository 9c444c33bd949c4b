"""The loop that updates rows: until there is no conflict, with a limit."""

import pytest

from drift.errors import Conflict, StoreUnavailable, TooManyConflicts
from drift.state.update import MAX_ATTEMPTS, retry_on_conflict

SUBJECT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


class Contended:
    """An update that meets a conflict a number of times."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts = conflicts
        self.attempts = 0

    def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.conflicts:
            raise Conflict("the row has changed")
        return "stored"


def test_returns_the_result_of_an_attempt_that_meets_no_conflict() -> None:
    attempt = Contended(conflicts=0)

    assert retry_on_conflict(SUBJECT, attempt) == "stored"
    assert attempt.attempts == 1


@pytest.mark.parametrize("conflicts", [1, MAX_ATTEMPTS - 1])
def test_makes_another_attempt_after_each_conflict(conflicts: int) -> None:
    attempt = Contended(conflicts)

    assert retry_on_conflict(SUBJECT, attempt) == "stored"
    assert attempt.attempts == conflicts + 1


def test_gives_up_after_the_last_attempt_with_an_error_that_has_the_message_retried() -> None:
    attempt = Contended(conflicts=MAX_ATTEMPTS)

    with pytest.raises(TooManyConflicts, match=f"{SUBJECT}.*{MAX_ATTEMPTS} attempts") as raised:
        retry_on_conflict(SUBJECT, attempt)

    assert isinstance(raised.value, StoreUnavailable)
    assert not isinstance(raised.value, Conflict)  # no caller takes it for a conflict of its own
    assert attempt.attempts == MAX_ATTEMPTS


def test_lets_every_other_error_pass_at_once() -> None:
    def attempt() -> str:
        raise StoreUnavailable(SUBJECT, 503)

    with pytest.raises(StoreUnavailable, match="HTTP 503"):
        retry_on_conflict(SUBJECT, attempt)
