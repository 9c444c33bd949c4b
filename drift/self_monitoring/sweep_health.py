"""Report a sweep that fails, does not see everything, or is overdue, as MONITOR-BLIND."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.codec import number_in, text_in, versioned
from drift.controls.monitor_controls import BLIND
from drift.errors import UNANSWERED, NotUnderstood
from drift.estate import Scope
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_blind import affected_key, check_put, patience
from drift.services import Services
from drift.state import keys, known_resources
from drift.state.resource_record import load_record
from drift.state.sweep_state import Phase, Sweep, find_sweep
from drift.state.watched_subscriptions import find_watched

_PROVIDER: Final = "microsoft.resourcegraph"

_REMOVED: Final = "it was removed from MONITORED_SUBSCRIPTIONS"

_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

_SERVER_ERRORS: Final = 500

_RUN_IT: Final = (
    "Check that the monitor's functions run, and that SWEEP_SCHEDULE runs at least once in "
    "timing.sweep_overdue_hours: phidrift doctor shows both."
)

_GRANT: Final = (
    "Give the monitor's identity the Reader role on the whole subscription, not only on some of "
    "its resource groups. A new role may take hours to be effective in Azure Resource Graph. The "
    "sweep then goes on, and closes this incident, by itself."
)

_GAPS: Final = (
    "Where a resource group is missing: give the monitor's identity the Reader role on the whole "
    "subscription; a new role may take hours to be effective in Azure Resource Graph. Where Azure "
    "Resource Graph cannot show a resource: report that to Azure support if it lasts. The first "
    "sweep that sees everything closes this incident."
)

_WAIT: Final = (
    "Azure Resource Graph limits its queries or does not answer. Wait: the sweep goes on by "
    "itself. If this lasts for hours, look at Azure Service Health and for other tools that query "
    "Resource Graph."
)

_PHI: Final = Scope(None, "resources that are not listed may hold PHI")


@dataclass(frozen=True, slots=True)
class SweepProblem:
    """Why the sweep of a subscription does not see everything, since when, and what to do.

    ``remedy`` is "" if the remedy of MONITOR-BLIND applies.
    """

    since: datetime
    why: str
    remedy: str = ""


def source_of(subscription: str) -> str:
    """Return the dependency that stands for the sweep of a subscription."""
    return f"/subscriptions/{subscription}/providers/{_PROVIDER}"


def is_sweep(dependency: str) -> bool:
    """Tell whether a dependency stands for a sweep."""
    return ids.provider_of(dependency) == _PROVIDER


def review(before: Sweep, after: Sweep) -> Outbound:
    """Return the message that checks the report of a sweep when it waits, recovers, or ends."""
    may_differ = after.phase is Phase.DONE or _is_troubled(before) != _is_troubled(after)
    if not may_differ and after.failing_since is None:
        return Outbound()
    return Outbound(background=(BlindMessage(dependency=source_of(after.subscription)).text,))


def _is_troubled(state: Sweep) -> bool:
    return bool(state.failing_since or state.gaps or state.gaps_before)


def messages(services: Services) -> Outbound:
    """Return a message for each sweep that has a problem, or had one when it was last reported."""
    asked = (
        BlindMessage(dependency=source_of(each)).text
        for each in services.facts.subscriptions
        if find_problem(services, each) or _row(services.store, each)
    )
    return Outbound(background=tuple(asked))


def on_sweep_health(services: Services, dependency: str, due_key: str) -> Outbound:
    """Open, update or close the incident of a sweep by what it sees now."""
    store, subscription = services.store, ids.subscription_of(dependency)
    home, now = f"/subscriptions/{subscription}", services.clock()
    done: list[Write] = [Delete(due_key)] if due_key else []
    problem, row = find_problem(services, subscription), _row(store, subscription)
    if problem is None and row is None:
        store.commit(keys.partition(dependency), done)
        return Outbound()
    if problem is None:
        done.append(Delete(affected_key(dependency, home)))  # with the end of the incident
    elif row is None:
        told_at = max(now, bounds.later(problem.since, patience(services.config.timing)))
        check = check_put(dependency, home, told_at)
        data = {"resource": home, "dependency": dependency, "phi": True}
        put = Put(
            affected_key(dependency, home), versioned({**data, "since": problem.since.isoformat()})
        )
        store.commit(keys.partition(dependency), [put, check])

    def assess() -> Report | None:
        return _report(services, subscription)

    return SelfReporter.of(services).apply(dependency, BLIND, assess, done=done)


def _row(store: Store, subscription: str) -> Row | None:
    dependency = source_of(subscription)
    key = affected_key(dependency, f"/subscriptions/{subscription}")
    return store.get(keys.partition(dependency), key)


def _report(services: Services, subscription: str) -> Report | None:
    """Return the state of a sweep; None while its problem is too recent to report."""
    problem = find_problem(services, subscription)
    if not services.is_watched(f"/subscriptions/{subscription}"):
        why = f"Subscription {subscription} is no longer watched: {_REMOVED}."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    if problem is None:
        why = f"The sweep of subscription {subscription} sees everything again that ARM lists."
        return Report(Verdict(Outcome.PASS, why), _PHI)
    if problem.since > services.clock() - patience(services.config.timing):
        return None
    path = f"affected[/subscriptions/{subscription}]"
    fix = Fix(note=problem.remedy) if problem.remedy else None
    verdict = Verdict(Outcome.FAIL, problem.why, (Evidence(path, "not swept", "swept"),), fix=fix)
    return Report(verdict, _PHI)


def find_problem(services: Services, subscription: str) -> SweepProblem | None:
    """Return why the sweep of a subscription does not see everything, None where it does."""
    if not services.is_watched(f"/subscriptions/{subscription}"):
        return None
    try:
        return _problem(services, subscription)
    except NotUnderstood:
        return None  # the version that wrote the state knows


def _problem(services: Services, subscription: str) -> SweepProblem | None:
    state, _ = find_sweep(services.store, subscription)
    if state is None:
        return _overdue(services, subscription, None)
    return (
        _refused(services, state)
        or _incomplete(state)
        or _empty(services.store, state)
        or _overdue(services, subscription, state.last_good or state.finished)
    )


def _refused(services: Services, state: Sweep) -> SweepProblem | None:
    """Return the refusal because of which the sweep waits; a rate limit counts only if it has lasted."""
    since = state.failing_since
    if since is None:
        return None
    lasts = services.clock() - since >= patience(services.config.timing)
    if state.failing_status == HTTPStatus.TOO_MANY_REQUESTS and not lasts:
        return None
    return SweepProblem(
        since,
        f"The sweep of subscription {state.subscription} has not been able to continue since "
        f"{_moment(since)}: {state.failure}. Changes that no event reports are not found.",
        _remedy(state.failing_status),
    )


def _remedy(status: int) -> str:
    """Return what to do about a refusal with this status; "" if the remedy of MONITOR-BLIND applies."""
    if status in _REFUSALS:
        return _GRANT
    passes = status in {UNANSWERED, HTTPStatus.TOO_MANY_REQUESTS} or status >= _SERVER_ERRORS
    return _WAIT if passes else ""


def _incomplete(state: Sweep) -> SweepProblem | None:
    gaps = state.gaps or state.gaps_before
    if not gaps or state.gaps_since is None:
        return None
    return SweepProblem(
        state.gaps_since,
        f"The sweep of subscription {state.subscription} has not seen everything since "
        f"{_moment(state.gaps_since)}. {' '.join(gaps)}",
        _GAPS,
    )


def _empty(store: Store, state: Sweep) -> SweepProblem | None:
    """Return that nothing was listed although earlier sweeps listed resources that are still known."""
    run, at = state.last_empty_run, state.finished or state.started
    known = (
        text_in(row.data, "resource")
        for shard in (keys.PARTITIONS if run else ())
        for row in known_resources.not_seen_in(
            store, state.subscription, run, shard=shard, after=""
        )
        if number_in(row.data, "run")
    )
    if all(load_record(store, each).record.gone_at for each in known):
        return None  # what answers 404 is being deleted
    return SweepProblem(
        at,
        f"The last sweep of subscription {state.subscription} before {_moment(at)} found no "
        f"resource, although earlier ones did. Azure Resource Graph may not show "
        "them to the monitor. Each of them was read from ARM instead.",
        _GRANT,
    )


def _overdue(
    services: Services, subscription: str, finished: datetime | None
) -> SweepProblem | None:
    """Return that no sweep has been finished for too long."""
    known, _ = find_watched(services.store)
    since = known.since.get(subscription) if known else None
    times = [each for each in (since, finished) if each]
    if not times or services.inventory is None:
        return None
    due = bounds.later(max(times), timedelta(hours=services.config.timing.sweep_overdue_hours))
    if services.clock() < due:
        return None
    last = f"The last one was finished at {_moment(finished)}. " if finished else ""
    return SweepProblem(
        due,
        f"The sweep of subscription {subscription} is overdue. {last}"
        "Changes that no event reports are not found.",
        _RUN_IT,
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
