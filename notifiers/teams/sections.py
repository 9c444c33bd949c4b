"""What a card says below its banner: what changed, who and when, the fix, what else is known."""

from typing import Any, Final

from drift.notices import Change, Closure, Difference, Notice
from notifiers import wording
from notifiers.teams.elements import Element, box, fact, paragraph, runs, size, small, words
from notifiers.teams.layout import Room, Tone

_ARROW: Final = "\u200e → \u200e"
"""Between marks that keep before on the left and after on the right, in whatever script they are."""

_MONO: Final = {"fontType": "Monospace", "size": "Small"}


def changes(notice: Notice, tone: Tone, room: Room) -> Element | None:
    """Show before and after or, where no earlier state was seen, what is and what must be."""
    must = {each.path: each.expected for each in notice.evidence}
    rows = [_difference(each, must.get(each.path, ""), tone, room) for each in notice.differences]
    told = {each.path for each in notice.differences}
    rows += [
        _state(each.path, each.value, each.expected, room)
        for each in notice.evidence
        if each.path not in told
    ]
    if not rows:
        return None
    more = len(rows) - room.rows
    rest = [paragraph(runs(f"… and {more} more", isSubtle=True))] if more > 0 else []
    return box([*rows[: room.rows], *rest])


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
    """Show who, when, by which control, under which rule, and the whole id."""
    rows = [*_who(notice, room), *_when(notice)]
    rows.append(
        fact(
            "Control",
            paragraph(runs(words(notice.control_id, room.value))),
            small(words(notice.title, room.sentence)),
        )
    )
    if notice.hipaa:
        rows.append(fact("HIPAA", paragraph(runs(words(_citations(notice), room.sentence)))))
    if notice.phi_reason:
        rows.append(fact("PHI", paragraph(runs(words(notice.phi_reason, room.sentence)))))
    rows.append(paragraph(runs("Resource", isSubtle=True), spacing="Small"))
    # The whole width and one run: it is long, and it is copied.
    rows.append(paragraph(runs(words(notice.resource_id, room.sentence), **_MONO), spacing="None"))
    below_changes = bool(notice.differences or notice.evidence)
    return box(rows, separator=below_changes, spacing="Medium")


def _who(notice: Notice, room: Room) -> list[Element]:
    label, remark = _part_played(notice)
    actor = notice.changed_by
    if actor is None:
        return [fact(label, paragraph(runs(remark or "nobody has been named yet")))]
    about = (
        f"object id {words(actor.object_id or 'unknown', room.value)} · MFA: {wording.mfa(actor)}"
    )
    lines = [paragraph(runs(words(actor.name, room.value), weight="Bolder")), small(about)]
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
    return "Last writer", "first seen in this state; last written by this actor, cause not proven"


def _when(notice: Notice) -> list[Element]:
    at = notice.event_at or notice.read_at
    seen = f"read {wording.clock(notice.read_at)} · decided {wording.clock(notice.decided_at)}"
    rows = [fact("When", paragraph(runs(wording.moment(at))), small(seen))]
    if notice.change not in (Change.OPENED, Change.UNKNOWN):
        rows.append(fact("Opened", paragraph(runs(wording.moment(notice.opened_at)))))
    return rows


def _citations(notice: Notice) -> str:
    return f"45 CFR {', '.join(notice.hipaa)}"


def fix(notice: Notice, room: Room) -> Element | None:
    """Show the exact command, and what must be known before it is run, while it is needed."""
    if notice.closure is not None or not (notice.fix_command or notice.fix_note):
        return None
    items = [paragraph(runs("Fix", weight="Bolder")), *_command(notice.fix_command or "", room)]
    if notice.fix_note:
        items.append(paragraph(runs(words(notice.fix_note, room.sentence))))
    return box(items, style="emphasis", bleed=True, spacing="Medium")


def _command(command: str, room: Room) -> list[Element]:
    """Show the command whole or not at all: half a command must not be pasted."""
    lines = [wording.plain(each) for each in command.splitlines() if each.strip()]
    if len(lines) > room.rows * 4 or sum(map(size, lines)) > room.command:
        return [small("The command is too long for a card: run phidrift evaluate on the resource.")]
    return [paragraph(runs(each, fontType="Monospace"), spacing="Small") for each in lines]


def context(notice: Notice, room: Room) -> Element | None:
    """Show what the logs added."""
    lines = [words(each, room.sentence) for each in notice.context[: room.lines]]
    more = len(notice.context) - len(lines)
    lines += [f"… and {more} more"] if more > 0 else []
    blocks = [paragraph(runs(f"• {each}"), spacing="Small") for each in lines]
    title = paragraph(runs("Also known", weight="Bolder"))
    return box([title, *blocks], spacing="Medium") if blocks else None
