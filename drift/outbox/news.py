"""What an update of an incident adds to the previous message, in one line each."""

from collections.abc import Iterator

from drift.model import Actor, Evidence
from drift.outbox.actor_names import claim, shown_names
from drift.state.attribution_record import Attribution, identity
from drift.state.canonical import canonical
from drift.state.incident_record import Incident


def news(before: Incident, after: Incident) -> tuple[str, ...]:
    """Return the lines. Evidence that disappeared is not among them: it may not fit into the record."""
    return tuple(_lines(before, after))


def _lines(before: Incident, after: Incident) -> Iterator[str]:
    if before.severity is not after.severity:
        yield f"The severity is now {after.severity}; it was {before.severity}."
    if before.phi is not after.phi:
        yield f"The PHI status has changed: {after.phi_reason}"
    yield from _failing(before.evidence, after.evidence)
    if before.reason != after.reason:
        yield f"Before this update the reason was: {before.reason}"
    yield from _actors(before, after)
    if after.exposure and after.exposures != before.exposures:
        yield f"Access {after.exposure.access}: {after.exposure.summary}"
    yield from (line for line in after.context if line not in before.context)


def _actors(before: Incident, after: Incident) -> Iterator[str]:
    """Yield who can have made a change where that is new, and who was named before."""
    known = {(each.after, each.paths): each for each in before.attributions}
    for each in after.attributions:
        told = known.get((each.after, each.paths))
        if told is None and before.attributions and each.writers:
            yield f"This update: {claim(each.standing, shown_names(each.actors))}"
        if told is not None or not before.attributions:
            yield from _named_anew(told.actors if told else (), each)
    opening = next(iter(after.attributions), None)
    if len(after.attributions) > len(before.attributions) > 0 and opening and opening.writers:
        yield f"The opening: {claim(opening.standing, shown_names(opening.actors))}"


def _named_anew(before: tuple[Actor, ...], now: Attribution) -> Iterator[str]:
    if not now.writers or now.people <= {identity(each) for each in before} != set():
        return
    if not before:
        yield f"An event now names the actor. {claim(now.standing, shown_names(now.actors))}"
    else:
        yield f"{claim(now.standing, shown_names(now.actors))} Named before: {shown_names(before)}."


def _failing(before: tuple[Evidence, ...], after: tuple[Evidence, ...]) -> Iterator[str]:
    known = {each.path: canonical(each.value) for each in before}
    for each in after:
        if each.path not in known:
            yield f"Also failing: {each.path}"
        elif canonical(each.value) != known[each.path]:
            yield f"Still failing, with another value: {each.path}"
