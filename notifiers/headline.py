"""The first lines of a message: the resource and its problem, the severity, and what to do."""

from typing import Final

from drift.notices import Access, Change, Closure, Found, Notice
from notifiers import wording
from notifiers.resource_types import type_name

EXISTING: Final = "existing, found in the first scan"

_MONITOR: Final = "MONITOR-"
_SELF: Final = "MONITOR-SELF"
_SUBSCRIPTION: Final = "microsoft.resources/subscriptions"
_ITSELF: Final = "Drift monitor"


def is_about_monitor(notice: Notice) -> bool:
    """Tell whether the monitor reports on itself, not on a resource of the customer.

    MONITOR-SELF also evaluates subscriptions: those are resources, with an actor and a change.
    """
    is_judged = notice.control_id == _SELF and notice.resource_type == _SUBSCRIPTION
    return notice.control_id.startswith(_MONITOR) and not is_judged


def start(notice: Notice, *, opening: bool) -> str:
    """Return the first words of a message; the first word is one of the contract."""
    verb = wording.verb(notice, opening=opening)
    if is_about_monitor(notice):
        return _ITSELF if verb == "Drift" else f"{verb} · {_ITSELF}"
    existing = verb == "Drift" and notice.found is Found.FIRST_CONTACT
    return f"{verb} ({EXISTING})" if existing else verb


def state(notice: Notice) -> str:
    """Return the severity, or how and after how long it ended."""
    span = wording.lasting(notice.decided_at - notice.opened_at)
    if notice.change is Change.RESOLVED or notice.closure is Closure.FIXED:
        return f"fixed after {span}"
    if notice.change is Change.CLOSED or notice.closure is not None:
        return f"{wording.ending(notice.closure)} · open for {span}"
    if notice.change is Change.UNKNOWN:
        return "cannot be evaluated at present"
    return wording.severity(notice.severity).capitalize()


def subject(notice: Notice) -> str:
    """Return the type and the name of the resource, for use within a sentence."""
    return f"{type_name(notice.resource_type)} {notice.resource_name}"


def opening_subject(notice: Notice) -> str:
    """Return the words before the reason; messages of the monitor about itself name their subject here."""
    what = subject(notice)
    return "" if is_about_monitor(notice) else f"{what[:1].upper()}{what[1:]}: "


def problem(notice: Notice) -> str:
    """Return the reason as a sentence."""
    return sentence(notice.reason)


def sentence(text: str) -> str:
    """Return the text with a capital letter and a full stop, unless it names a property or a file."""
    sentence = text.strip()
    first = sentence.split(" ", 1)[0]
    if first.isalpha() and first.islower():
        sentence = sentence[:1].upper() + sentence[1:]
    return (
        f"{sentence}."
        if (sentence and sentence[-1].isalnum()) or sentence.endswith(")")
        else sentence
    )


def action(notice: Notice, *, command_shown: bool) -> str:
    """Return what to do, in one sentence; "" if nothing is known to help.

    ``command_shown``: the message has room for the command.
    """
    if notice.access in (Access.CONFIRMED, Access.PRESUMED) and notice.closure is not None:
        return "Assess whether it is a breach: phidrift incidents show has the evidence."
    if notice.closure is not None:
        return "No action is needed." if notice.closure is Closure.FIXED else ""
    if notice.change is Change.UNKNOWN:
        return "Check the resource yourself, and check that the monitor has permission to read it."
    if notice.fix_command and command_shown:
        return "Run the command below."
    if notice.fix_command:
        return "The command is too long for this message: run phidrift evaluate on the resource."
    return sentence(notice.fix_note)


def preview(notice: Notice, *, opening: bool) -> str:
    """Return one line that says what drifted, for a phone's notification."""
    first = f"{start(notice, opening=opening)} · {state(notice)}"
    return f"{first} · {opening_subject(notice)}{problem(notice)}"
