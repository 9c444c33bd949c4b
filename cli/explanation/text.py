"""The explanation of a resource for a person: what is known, what is open, what is due and why."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Final

from cli.explanation.absence import why_no_read
from cli.explanation.deliveries import Delivery, Status
from cli.explanation.incident_text import changes, delivery_lines, incident_lines
from cli.explanation.layout import Layout, for_terminal
from cli.explanation.stored import Stored
from cli.explanation.verdicts import NOT_WATCHED, StoredVerdict, phi_reason, verdicts_of
from cli.output import colours
from drift import ids
from drift.config.model import Config
from drift.model import Outcome, sentence
from drift.state.resource_record import Record

_OVERDUE: Final = timedelta(minutes=2)
"""After this time ``tick`` and the queue have certainly handled due work."""

_LABELS: Final = {Outcome.NOT_APPLICABLE: "N/A"}
"""Labels that are shorter than the outcome's own name, which would not fit into the column."""

_COLOURS: Final = {
    Outcome.FAIL: colours.RED,
    Outcome.UNKNOWN: colours.YELLOW,
    Outcome.EXCEPTED: colours.BLUE,
    Outcome.PASS: colours.GREEN,
}


def lines_of(stored: Stored, config: Config, layout: Layout) -> Iterator[str]:
    """Yield the lines of the explanation."""
    verdicts = verdicts_of(stored, config)
    yield from _head(stored, config, layout, verdicts)
    for title, section in (
        ("CONTROLS", _controls(layout, verdicts)),
        ("INCIDENTS", _incidents(stored, layout)),
        ("DUE", _due(stored, layout)),
        ("SOURCES", _sources(stored, layout)),
        ("NOT UNDERSTOOD", _not_understood(stored, layout)),
    ):
        lines = list(section)
        if lines:
            yield from ("", layout.paint(title, colours.BOLD), *lines)


def _head(
    stored: Stored, config: Config, layout: Layout, verdicts: tuple[StoredVerdict, ...]
) -> Iterator[str]:
    """Yield the resource, and a summary."""
    record = stored.record
    phi = {True: "yes", False: "no", None: "not known"}[record.phi]
    yield layout.paint(for_terminal(ids.name_of(record.id)), colours.BOLD)
    yield for_terminal(record.id)
    yield ""
    yield from layout.fact("Now", f"{stored.now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    yield from layout.fact("Summary", "; ".join(_summary(stored, layout, verdicts)))
    yield from layout.fact("PHI", f"{phi}: {for_terminal(phi_reason(stored, config))}")
    yield from layout.fact("Last read", _last_read(stored, layout))
    for label, text in _under_way(record, layout):
        yield from layout.fact(label, text)


def _last_read(stored: Stored, layout: Layout) -> str:
    read_at = stored.read_at
    return layout.when(read_at) if read_at else f"none is stored: {why_no_read(stored.record)}"


def _summary(stored: Stored, layout: Layout, verdicts: tuple[StoredVerdict, ...]) -> Iterator[str]:
    if not stored.is_watched:
        yield f"not watched: {NOT_WATCHED}"
    if stored.record.absent_at:
        yield "the resource is gone"
    yield from _opened(stored)
    if unknown := _unknown(stored, verdicts):
        yield f"{unknown} control{'' if unknown == 1 else 's'} unknown"
    for each in _late(stored):
        if each.status is Status.UNREADABLE:
            yield f"{for_terminal(each.channel)}: deliveries not readable"
            continue
        state = "waiting" if each.status is Status.RETRY else each.status.value
        yield f"{for_terminal(each.channel)}: {changes(each.waiting)} {state}"
    if due := next(iter(stored.due), None):
        yield f"next: {due.text.partition(':')[0]} {layout.distance(due.at)}"


def _unknown(stored: Stored, verdicts: tuple[StoredVerdict, ...]) -> int:
    """Count the unknown verdicts; those of a resource that is gone say nothing more."""
    if stored.record.absent_at:
        return 0
    return sum(each.outcome is Outcome.UNKNOWN for each in verdicts)


def _opened(stored: Stored) -> Iterator[str]:
    """Yield how many incidents are open, and of how many that is not known."""
    opened = [each.incident for each in stored.incidents if each.is_open]
    foreign = len(stored.not_understood)
    if opened:
        worst = max((each.severity for each in opened), key=lambda each: each.rank)
        count = f"{len(opened)} open incident{'' if len(opened) == 1 else 's'}"
        yield f"{count}, the worst {for_terminal(worst.value)}"
    elif not foreign:
        yield "no open incident"
    if foreign:
        count = f"{foreign} incident{'' if foreign == 1 else 's'}"
        yield f"{count} of another version: open or ended is not known"


def _late(stored: Stored) -> Iterator[Delivery]:
    """Yield each delivery with a missing change, or with an unknown state."""
    found = (each for incident in stored.incidents for each in incident.deliveries)
    every = (*found, *stored.standalone)
    yield from (each for each in every if each.waiting or each.status is Status.UNREADABLE)


def _under_way(record: Record, layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield the work in progress: a read, a write, events without an answer, a deletion, a move."""
    if record.reader and record.reading_until:
        ends = layout.when(record.reading_until)
        is_over = record.reading_until <= layout.now
        text = "a worker began to read it and did not finish; its lease ended"
        yield "Reading", f"{text if is_over else 'a worker reads it; its lease ends'} {ends}"
    if record.pending:
        last, count = max(record.pending, key=lambda each: each.at), len(record.pending)
        newest = f"the newest is {for_terminal(last.id)} of {layout.time(last.at)}"
        yield "Events", f"{count} without a confirmed answer; {newest}"
    if record.unfinished:
        first, *more = (ids.last_pair_of(each) for each in record.unfinished)
        others = f" and {len(more)} more" if more else ""
        yield "Writing", f"Azure was still changing {for_terminal(first)}{others} at the last read"
    if record.gone_at:
        yield "Deletion", f"ARM answers 404 since {layout.when(record.gone_at)}; not proven yet"
    if record.absent_at:
        proof = f"ARM's answer of {layout.when(record.absent_at)} proves"
        yield "Deletion", f"{proof} that the resource was deleted or has another id"
    if record.moved_from:
        yield "Moved", f"it had the id {for_terminal(record.moved_from)} before"
    if record.moved_to:
        yield "Moved", f"it may have the id {for_terminal(record.moved_to)} now"


def _controls(layout: Layout, verdicts: tuple[StoredVerdict, ...]) -> Iterator[str]:
    for each in verdicts:
        label = _LABELS.get(each.outcome, for_terminal(each.outcome.value.upper()))
        colour = _COLOURS.get(each.outcome, colours.DIM)
        yield from layout.item(label, colour, f"{each.control}{_verdict(layout, each)}")


def _verdict(layout: Layout, verdict: StoredVerdict) -> str:
    parts = [for_terminal(verdict.severity.value)] if verdict.severity else []
    if verdict.since:
        parts.append(f"since {layout.time(verdict.since)} ({layout.length(verdict.since)})")
    head = f"  {', '.join(parts)}" if parts else ""
    reason = for_terminal(verdict.reason)
    if verdict.confirmed_from:
        reason = f"{reason} (possible from {layout.time(verdict.confirmed_from)} on)"
    return f"{head}. {sentence(reason)}" if reason else head


def _incidents(stored: Stored, layout: Layout) -> Iterator[str]:
    """Yield the open incidents, then the newest that ended, then notices that wait."""
    for each in stored.incidents:
        yield from incident_lines(layout, each)
    for notice in stored.standalone:
        text = f"{notice.control}, which belongs to no incident"
        yield from layout.item("NOTICE", colours.DIM, text)
        yield from delivery_lines(layout, notice)
    if more := stored.more_ended:
        yield f"  {more} older ended incident{' is' if more == 1 else 's are'} not shown"


def _due(stored: Stored, layout: Layout) -> Iterator[str]:
    for each in stored.due:
        lines = layout.wrapped(f"{layout.when(each.at)}  {sentence(for_terminal(each.text))}", 2)
        if stored.now - each.at > _OVERDUE:
            lines += layout.wrapped(
                "Overdue: check with `phidrift health` that the monitor runs.", 4
            )
            lines = [layout.paint(line, colours.YELLOW) for line in lines]
        yield from lines


def _sources(stored: Stored, layout: Layout) -> Iterator[str]:
    """Yield the gates and outages that keep the resource from being read."""
    for gate in stored.gates:
        text = "asked the monitor to wait: it is not read before"
        yield from layout.wrapped(
            f"{_source(gate.dependency)} {text} {layout.when(gate.until)}.", 2
        )
    for outage in stored.outages:
        told = "not reported yet: MONITOR-BLIND opens when it lasts"
        told = "MONITOR-BLIND is open for it" if outage.is_reported else told
        since = f"cannot be read since {layout.when(outage.since)}"
        yield from layout.wrapped(f"{_source(outage.dependency)} {since}; {told}.", 2)


def _not_understood(stored: Stored, layout: Layout) -> Iterator[str]:
    for each in stored.not_understood:
        yield from layout.wrapped(
            f"{for_terminal(each)}: another version of the monitor wrote it", 2
        )


def _source(dependency: str) -> str:
    subscription = ids.subscription_of(dependency)
    return f"{dependency.rpartition('/')[2]} in subscription {subscription}"
