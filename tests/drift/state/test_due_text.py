"""Every due reason has words for the log and for ``phidrift explain``."""

import pytest

from drift.state.due_rows import DueReason
from drift.state.due_text import ConfirmationCause, due_text_of


@pytest.mark.parametrize("cause", ConfirmationCause)
@pytest.mark.parametrize("reason", DueReason)
def test_a_due_reason_says_what_is_done_and_why(
    reason: DueReason, cause: ConfirmationCause
) -> None:
    what, _, why = due_text_of(reason, cause).partition(": ")

    assert what
    assert why
    assert "another version" not in why


def test_a_reason_of_another_version_is_named() -> None:
    text = due_text_of("echo", ConfirmationCause.REPLICA)

    assert text == "echo: another version of the monitor asked for it"
