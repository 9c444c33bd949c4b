"""The lower part of a card about the monitor itself: the affected resources, and since when."""

from typing import Final

from drift.controls.citations import by_rule
from drift.model import Evidence
from drift.notices import Notice
from notifiers import wording
from notifiers.room import Room
from notifiers.teams.elements import Element, box, fact, paragraph, runs, words
from notifiers.teams.sections import bullets

_HEADINGS: Final = {
    "MONITOR-BLIND": "PHI resources that cannot be evaluated",
    "MONITOR-FIRST-CONTACT": "Failures by control",
}
"""The heading of a control's evidence list; the evidence of other controls repeats the reason."""

_ANY_SUBSCRIPTION: Final = frozenset({"MONITOR-BREACH-CLOCK", "MONITOR-CHANNEL", "MONITOR-SELF"})
"""Controls about all subscriptions; a subscription in the id of a channel means nothing."""

_REST: Final = "…"
"""The path of the last evidence if there is more; its value counts the rest."""


def details(notice: Notice, room: Room) -> tuple[Element | None, ...]:
    """Return what is affected, the worst of it, and the facts."""
    heading = _HEADINGS.get(notice.control_id, "")
    affected = tuple(_affected(each) for each in notice.evidence) if heading else ()
    lists = bullets(heading, affected, room), bullets("Most severe", notice.context, room)
    return (*lists, _facts(notice, room, below_lists=any(lists)))


def _affected(evidence: Evidence) -> str:
    """Return one item of a list: a resource's id, or the number of failures of a control."""
    if evidence.path == _REST:
        return f"{_REST} and {evidence.value}"
    name = evidence.path.removeprefix("affected[").removesuffix("]")
    count = isinstance(evidence.value, int) and not isinstance(evidence.value, bool)
    return f"{evidence.value} × {name}" if count else name


def _facts(notice: Notice, room: Room, *, below_lists: bool) -> Element:
    rows = [fact("Reported", paragraph(runs(wording.moment(notice.opened_at))))]
    if notice.closure is not None:
        rows.append(fact("Ended", paragraph(runs(wording.moment(notice.decided_at)))))
    if notice.why and notice.closure is None:
        rows.append(fact("Risk", paragraph(runs(words(notice.why, room.sentence)))))
    if notice.control_id not in _ANY_SUBSCRIPTION:
        subscription = words(notice.subscription_id, room.value)
        rows.append(fact("Subscription", paragraph(runs(subscription))))
    if notice.hipaa:
        cited = words(by_rule(notice.hipaa), room.sentence)
        rows.append(fact("HIPAA", paragraph(runs(cited))))
    return box(rows, separator=below_lists, spacing="Medium")
