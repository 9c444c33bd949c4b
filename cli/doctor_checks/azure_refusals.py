"""The meaning of Azure's refusals for the monitor, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from cli.doctor_checks.check import Check, Level, fail, warn
from cli.doctor_checks.connection import causes
from cli.doctor_checks.identity import Principal, grant
from drift.errors import UNANSWERED, SourceUnavailable

_BAD_VERSIONS: Final = frozenset(
    {
        *("NoRegisteredProviderFound", "InvalidApiVersionParameter", "InvalidResourceType"),
        *("UnsupportedApiVersion", "InvalidApiVersion"),
    }
)

_REPORT: Final = "update phidrift; if the current version is refused too, report it with this line"
_AZURE_FAILS: Final = "run it again; if it persists, see Azure's status page"

FindConnectionProblem = Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptedRead:
    """A read that was attempted, its identity, and the role and scope that would allow it."""

    name: str
    principal: Principal
    role: str
    scope: str
    setting: str
    connection_problem: FindConnectionProblem


def explained(error: SourceUnavailable, asked: AttemptedRead) -> Check:
    """Return what a refusal means."""
    answer = f"HTTP {error.status}{f' {error.code}' if error.code else ''}"
    match error.status:
        case 0:
            return _unanswered(error, asked)
        case 401:
            finding = f"{answer}: the token is refused"
            step = "sign in to the tenant of the subscription, and check AZURE_CLOUD"
            return fail(asked.name, finding, step)
        case 403:
            finding = f"{answer}: the role {asked.role} is missing on {asked.scope}"
            return fail(asked.name, finding, grant(asked.principal, asked.role, asked.scope))
        case 400 if error.code in _BAD_VERSIONS:
            finding = f"{answer}: the api-version is not accepted in this cloud"
            return fail(asked.name, finding, "update phidrift")
        case 429:
            wait = "" if error.retry_after is None else f" and asks for {error.retry_after:.0f} s"
            return warn(asked.name, f"{answer}: Azure throttles{wait}", "run it again later")
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return fail(asked.name, f"{answer}: Azure refuses the request", _REPORT)
        case _:
            return fail(asked.name, answer, _AZURE_FAILS)


def remedy(error: SourceUnavailable, to_grant: str) -> str:
    """Return the step after a read that was refused: ``to_grant`` only where a role is missing."""
    match error.status:
        case 0:
            return "check the network, and run it again"
        case HTTPStatus.UNAUTHORIZED:
            return "sign in to the tenant of the subscription, and check AZURE_CLOUD"
        case HTTPStatus.FORBIDDEN:
            return to_grant
        case HTTPStatus.TOO_MANY_REQUESTS:
            return "run it again later"
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _REPORT
    return _AZURE_FAILS


def _unanswered(error: SourceUnavailable, asked: AttemptedRead) -> Check:
    """Return why there was no answer, as far as a TLS handshake with the host shows."""
    why = asked.connection_problem()
    finding = f"no answer{f' ({error.code})' if error.code else ''}"
    if why is not None:
        finding += f": {why}" if why else ", though its host completes a handshake"
    step = f"check {asked.setting}, {causes(why or '')}"
    return Check(Level.FAIL, asked.name, finding, step)


def is_final(error: SourceUnavailable) -> bool:
    """Tell whether the next call would fail the same way: no answer, or the token is refused."""
    return error.status in (UNANSWERED, 401)
