"""The parts of a card below its banner: lists, the fix, what changed, who and when, the context."""

from typing import Any, Final

from drift.controls.citations import by_rule
from drift.model import Actor, Outcome
from drift.notices import Change, Closure, Difference, Notice, Standing
from drift.outbox.actor_names import shown_name
from notifiers import wording
from notifiers.room import Room
from notifiers.teams.elements import Element, box, fact, paragraph, runs, size, small, words
from notifiers.teams.layout import Tone

_ARROW: Final = "\u200e → \u200e"
"""With marks that keep before on the left and after on the right in every script."""

_MONO: Final = {"fontType": "Monospace", "size": "Small"}


def changes(notice: Notice, tone: Tone, room: Room) -> Element | None:
    """Show values before and after; if no earlier value is known, the present and the required one."""
    must = {each.path: each.expected for each in notice.evidence}
    changed = [
        _difference(each, must.get(each.path, ""), tone, room) for each in notice.differences
    ]
    shown = {each.path for each in notice.differences}
    states = [
        _state(each.path, each.value, each.expected, room)
        for each in notice.evidence
        if each.path not in shown
    ]
    failing = "What fails" if notice.outcome is Outcome.FAIL else "What was read"
    more = len(changed) + len(states) - room.rows
    rows = [
        *_titled("What changed", changed[: room.rows]),
        *_titled(failing, states[: max(0, room.rows - len(changed))]),
        *([paragraph(runs(f"… and {more} more", isSubtle=True))] if more > 0 else []),
    ]
    return box(rows, spacing="Medium") if rows else None


def _titled(title: str, rows: list[Element]) -> list[Element]:
    return [paragraph(runs(title, weight="Bolder")), *rows] if rows else []


def _difference(difference: Difference, must: str, tone: Tone, room: Room) -> Element:
    shown = wording.shown(difference.before), wording.shown(difference.after)
    before, after = (words(each, room.value) for each in shown)
    return box(
        [
            _path(difference.path, room),
            paragraph(
                runs(before, strikethrough=True, isSubtle=True),
                runs(_ARROW, isSubtle=True),
                runs(after, weight="Bolder", color=tone.value),
                _must("" if must in shown else must, room),
                spacing="None",
            ),
        ],
        spacing="Small",
    )


def _state(path: str, value: Any, must: str, room: Room) -> Element:
    is_now = runs(words(wording.shown(value), room.value), weight="Bolder")
    line = paragraph(is_now, _must(must, room), spacing="None")
    return box([_path(path, room), line], spacing="Small")


def _path(path: str, room: Room) -> Element:
    return paragraph(runs(words(path, room.value), isSubtle=True, **_MONO))


def _must(expected: str, room: Room) -> list[Element]:
    return runs(f"   must be {words(expected, room.value)}", isSubtle=True) if expected else []


def facts(notice: Notice, room: Room) -> Element:
    """Show who, when, how it was found, the control, the risk, the HIPAA rule and the whole id."""
    rows = [*_who(notice, room), *_when(notice)]
    if notice.closure is None:
        rows.append(fact("Found", paragraph(runs(wording.how_found(notice.found)))))
    labelled = (
        ("Rule", notice.title),
        ("Risk", notice.why if notice.closure is None else ""),
        ("Access", wording.access(notice)),
        ("HIPAA", by_rule(notice.hipaa)),
        ("PHI", notice.phi_reason),
    )
    rows += [
        fact(label, paragraph(runs(words(text, room.sentence)))) for label, text in labelled if text
    ]
    rows.append(paragraph(runs("Resource id", isSubtle=True), spacing="Small"))
    # The whole width and one run: it is long, and people copy it.
    rows.append(paragraph(runs(words(notice.resource_id, room.sentence), **_MONO), spacing="None"))
    below_changes = bool(notice.differences or notice.evidence)
    return box(rows, separator=below_changes, spacing="Medium")


def _who(notice: Notice, room: Room) -> list[Element]:
    label, remark = _part_played(notice)
    if notice.changed_by is None and _is_ended_by_rule(notice):
        return []
    if notice.changed_by is None:
        return [fact(label, paragraph(runs(remark or "Actor not known yet.")))]
    if notice.others:
        return [fact(label, *_people(notice, room), small(remark))]
    about = [*_person(notice.changed_by, room), *([small(remark)] if remark else [])]
    return [fact(label, *about), fact("From", *_origin(notice.changed_by, room))]


def _people(notice: Notice, room: Room) -> list[Element]:
    everyone = [each for each in (notice.changed_by, *notice.others) if each]
    lines: list[Element] = []
    for each in everyone[: room.lines]:
        name, about = _person(each, room)
        origin = words(f"from {'; '.join(wording.origins(each))}", room.value)
        lines += [name, about, small(origin)]
    more = len(everyone) - room.lines
    return [*lines, small(f"… and {more} more")] if more > 0 else lines


def _person(actor: Actor, room: Room) -> tuple[Element, Element]:
    about = (
        f"object id {words(actor.object_id or 'unknown', room.value)} · MFA: {wording.mfa(actor)}"
    )
    return paragraph(runs(words(shown_name(actor), room.value), weight="Bolder")), small(about)


def _origin(actor: Actor, room: Room) -> list[Element]:
    first, *others = (words(each, room.value) for each in wording.origins(actor))
    return [paragraph(runs(first)), *map(small, others)]


_CLAIMS: Final = {
    Standing.PROVEN: ("Changed by", ""),
    Standing.LIKELY: (
        "Most likely by",
        "Not proven yet: events about other writes can arrive late.",
    ),
    Standing.SEVERAL: (
        "Changed by one of",
        "Each of them wrote this resource at that time. It is not known who made this change.",
    ),
    Standing.LAST_WRITER: (
        "Last writer",
        "First seen in this state. This actor wrote last; the cause is not proven.",
    ),
}
"""What a card may claim about the named actors."""


def _part_played(notice: Notice) -> tuple[str, str]:
    """Return the label of the named actors, and how certain they are."""
    if notice.closure in _BY_HAND:
        return _ENDS.get(notice.part, "Closed by"), ""
    if notice.closure is not None or notice.change is Change.UNKNOWN:
        return "Last writer", ""
    unnamed = "Changed by", wording.unnamed(notice.found)
    return _CLAIMS.get(notice.part, unnamed)


_BY_HAND: Final = (Closure.FIXED, Closure.DELETED, Closure.MOVED)
"""Ends that a person caused; rules cause the others."""


def _is_ended_by_rule(notice: Notice) -> bool:
    return notice.closure is not None and notice.closure not in _BY_HAND


_ENDS: Final = {
    Standing.LIKELY: "Most likely closed by",
    Standing.SEVERAL: "Closed by one of",
    Standing.LAST_WRITER: "Last writer",
}


def _when(notice: Notice) -> list[Element]:
    at = notice.event_at or notice.read_at
    seen = f"read {wording.clock(notice.read_at)} · decided {wording.clock(notice.decided_at)}"
    rows = [
        fact(
            _time_label(notice),
            paragraph(runs(wording.moment(at))),
            small(seen),
        )
    ]
    if notice.change not in (Change.OPENED, Change.UNKNOWN):
        rows.append(fact("Opened", paragraph(runs(wording.moment(notice.opened_at)))))
    return rows


def _time_label(notice: Notice) -> str:
    if notice.event_at is None:
        return "Read at"
    return "Last write" if notice.part is Standing.SEVERAL else "Changed at"


def fix(notice: Notice, room: Room) -> Element | None:
    """Show the exact command, and what to know before it is run, while it is needed."""
    if notice.closure is not None or not notice.fix_command:
        return None
    lines = _lines(notice.fix_command) if is_command_shown(notice.fix_command, room) else []
    items = [paragraph(runs(each, fontType="Monospace"), spacing="Small") for each in lines]
    if notice.fix_note:
        items.append(paragraph(runs(words(notice.fix_note, room.sentence))))
    return box(items, style="emphasis", bleed=True, spacing="Small") if items else None


def is_command_shown(command: str, room: Room) -> bool:
    """Tell whether a card has room for the whole command: half a command must not be pasted."""
    lines = _lines(command)
    return len(lines) <= room.rows * 4 and sum(map(size, lines)) <= room.command


def _lines(command: str) -> list[str]:
    return [wording.plain(each) for each in command.splitlines() if each.strip()]


def context(notice: Notice, room: Room, *, already_shown: tuple[str, ...]) -> Element | None:
    """Show what the activity log added, except the lines that the card shows as new."""
    known = tuple(each for each in notice.context if each not in already_shown)
    return bullets("Also known", known, room)


def bullets(title: str, items: tuple[str, ...], room: Room) -> Element | None:
    """Show a heading and its lines, as many as fit; nothing if there are none."""
    lines = [words(each, room.sentence) for each in items[: room.lines]]
    more = len(items) - len(lines)
    lines += [f"… and {more} more"] if more > 0 else []
    blocks = [paragraph(runs(f"• {each}"), spacing="Small") for each in lines]
    heading = paragraph(runs(title, weight="Bolder"))
    return box([heading, *blocks], spacing="Medium") if blocks else None
