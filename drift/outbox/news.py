"""What an update of an incident adds to the previous message, in one line each."""

from collections.abc import Iterator

from drift.model import Evidence
from drift.outbox.actor_names import shown_name
from drift.state.canonical import canonical
from drift.state.incident_record import Incident


def news(before: Incident, after: Incident) -> tuple[str, ...]:
    """Return the lines. Evidence that is gone is not among them: it may not fit the record."""
    return tuple(_lines(before, after))


def _lines(before: Incident, after: Incident) -> Iterator[str]:
    if before.severity is not after.severity:
        yield f"The severity is now {after.severity}; it was {before.severity}."
    if before.phi is not after.phi:
        yield f"The PHI status has changed: {after.phi_reason}"
    yield from _failing(before.evidence, after.evidence)
    if before.reason != after.reason:
        yield f"Before this update the reason was: {before.reason}"
    if after.changed_by and after.changed_by != before.changed_by:
        label = "The actor is now known" if before.changed_by is None else "Last written by"
        yield f"{label}: {shown_name(after.changed_by)}"
    yield from (line for line in after.context if line not in before.context)


def _failing(before: tuple[Evidence, ...], after: tuple[Evidence, ...]) -> Iterator[str]:
    known = {each.path: canonical(each.value) for each in before}
    for each in after:
        if each.path not in known:
            yield f"Also failing: {each.path}"
        elif canonical(each.value) != known[each.path]:
            yield f"Still failing, with another value: {each.path}"
