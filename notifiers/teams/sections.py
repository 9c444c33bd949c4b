"""What a card says below its banner: lists, the fix, what changed, who and when, the context."""

from typing import Any, Final

from drift.controls.citations import by_rule
from drift.model import Outcome
from drift.notices import Change, Closure, Difference, Notice
from drift.outbox.actor_names import shown_name
from notifiers import wording
from notifiers.teams.elements import Element, box, fact, paragraph, runs, size, small, words
from notifiers.teams.layout import Room, Tone

_ARROW: Final = "\u200e → \u200e"
"""With marks that keep before on the left and after on the right in every script."""

_MONO: Final = {"fontType": "Monospace", "size": "Small"}


def changes(notice: Notice, tone: Tone, room: Room) -> Element | None:
    """Show values before and after; where no earlier value is known, the present and the required one."""
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
    actor = notice.changed_by
    if actor is None:
        return [fact(label, paragraph(runs(remark or "Actor not known yet.")))]
    about = (
        f"object id {words(actor.object_id or 'unknown', room.value)} · MFA: {wording.mfa(actor)}"
    )
    name = words(shown_name(actor), room.value)
    lines = [paragraph(runs(name, weight="Bolder")), small(about)]
    if remark:
        lines.append(small(remark))
    origin = words(actor.ip or "an unknown address", room.value)
    return [fact(label, *lines), fact("From", paragraph(runs(origin)))]


def _part_played(notice: Notice) -> tuple[str, str]:
    """Return what is claimed of the actor: the cause only where that is proved."""
    if notice.closure in (Closure.FIXED, Closure.DELETED, Closure.MOVED):
        return "Closed by", ""
    if notice.closure is not None or notice.change is Change.UNKNOWN:
        return "Last writer", ""
    if notice.is_cause:
        return "Changed by", ""
    if notice.changed_by is None:
        return "Changed by", wording.unnamed(notice.found)
    return (
        "Last writer",
        "First seen in this state. This actor wrote last; the cause is not proven.",
    )


def _when(notice: Notice) -> list[Element]:
    at = notice.event_at or notice.read_at
    seen = f"read {wording.clock(notice.read_at)} · decided {wording.clock(notice.decided_at)}"
    rows = [
        fact(
            "Changed at" if notice.event_at else "Read at",
            paragraph(runs(wording.moment(at))),
            small(seen),
        )
    ]
    if notice.change not in (Change.OPENED, Change.UNKNOWN):
        rows.append(fact("Opened", paragraph(runs(wording.moment(notice.opened_at)))))
    return rows


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
    """Show a heading and its lines, as many as there is room for; nothing where there is none."""
    lines = [words(each, room.sentence) for each in items[: room.lines]]
    more = len(items) - len(lines)
    lines += [f"… and {more} more"] if more > 0 else []
    blocks = [paragraph(runs(f"• {each}"), spacing="Small") for each in lines]
    heading = paragraph(runs(title, weight="Bolder"))
    return box([heading, *blocks], spacing="Medium") if blocks else None
