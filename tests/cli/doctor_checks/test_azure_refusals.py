"""The meaning of each refusal of Azure, and what to do about it."""

import pytest

from cli.doctor_checks.azure_refusals import AttemptedRead, explained, is_final
from cli.doctor_checks.check import Level
from cli.doctor_checks.identity import READER
from tests.cli.doctor_checks.asking import MONITOR, SCOPE, unavailable


def asked(connection_problem: str | None = "") -> AttemptedRead:
    return AttemptedRead(
        name="storage",
        principal=MONITOR,
        role=READER,
        scope=SCOPE,
        setting="ARM_ENDPOINT",
        connection_problem=lambda: connection_problem,
    )


def test_a_missing_role_is_named_with_the_command_that_grants_it() -> None:
    found = explained(unavailable(403, "AuthorizationFailed"), asked())

    assert found.line() == (
        f"fail  storage: HTTP 403 AuthorizationFailed: the role Reader is missing on {SCOPE}; "
        "next: az role assignment create --assignee-object-id 0b1e "
        f"--assignee-principal-type ServicePrincipal --role Reader --scope {SCOPE}"
    )


@pytest.mark.parametrize(
    ("status", "code", "level", "told"),
    [
        (401, "InvalidAuthenticationToken", Level.FAIL, "AZURE_CLOUD"),
        (400, "NoRegisteredProviderFound", Level.FAIL, "the api-version is not accepted"),
        (400, "InvalidApiVersionParameter", Level.FAIL, "the api-version is not accepted"),
        (400, "SomethingElse", Level.FAIL, "HTTP 400 SomethingElse"),
        (429, "SubscriptionRequestsThrottled", Level.WARN, "run it again later"),
        (400, "SomethingElse", Level.FAIL, "next: update phidrift"),
        (503, "", Level.FAIL, "HTTP 503;"),
        (503, "", Level.FAIL, "Azure's status page"),
    ],
)
def test_a_refusal_says_what_to_do_next(status: int, code: str, level: Level, told: str) -> None:
    found = explained(unavailable(status, code), asked())

    assert found.level is level
    assert told in found.line()


def test_a_throttle_says_for_how_long() -> None:
    found = explained(unavailable(429, retry_after=17.0), asked())

    assert "asks for 17 s" in found.finding


@pytest.mark.parametrize(
    ("connection_problem", "told"),
    [
        ("it refuses connections", "no answer (TimedOut): it refuses connections"),
        ("", "no answer (TimedOut), though its host completes a handshake"),
        (None, "no answer (TimedOut)"),
    ],
)
def test_no_answer_is_explained_as_far_as_a_handshake_shows(
    connection_problem: str | None, told: str
) -> None:
    found = explained(unavailable(0, "TimedOut"), asked(connection_problem))

    assert (found.level, found.finding) == (Level.FAIL, told)
    assert "ARM_ENDPOINT" in found.step


@pytest.mark.parametrize(("status", "final"), [(0, True), (401, True), (403, False), (503, False)])
def test_a_call_that_would_fail_the_same_way_is_not_repeated(status: int, final: bool) -> None:
    assert is_final(unavailable(status)) is final
