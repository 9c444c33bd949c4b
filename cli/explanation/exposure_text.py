"""Whether a resource was used while it was exposed, in words: the answer, the callers, every question."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from cli.explanation.layout import INDENT, Layout, for_terminal
from cli.output import colours
from drift.access.record import CallerSeen, Exposure, Inquiry
from drift.notices import Access


def exposure_lines(layout: Layout, exposure: Exposure) -> Iterator[str]:
    """Yield the answer for one opening of an incident, and below it its evidence."""
    since = layout.when(exposure.since) if exposure.since else "an unknown time"
    until = layout.when(exposure.until) if exposure.until else "now (no later read)"
    head = f"Access {exposure.access.value}: {exposure.summary}"
    lines = layout.wrapped(for_terminal(head), INDENT)
    is_grave = exposure.access in (Access.CONFIRMED, Access.PRESUMED)
    yield from (layout.paint(each, colours.YELLOW) if is_grave else each for each in lines)
    yield from layout.wrapped(f"Exposed from {since} until {until}.", INDENT + 2)
    for caller in exposure.seen:
        yield from layout.wrapped(_caller(layout, caller), INDENT + 2)
    for asked in _together(exposure.inquiries).values():
        yield from layout.wrapped(_asked(layout, asked), INDENT + 2)


def _caller(layout: Layout, caller: CallerSeen) -> str:
    who = f"{caller.address or 'no address'} ({caller.proof or 'authentication not known'})"
    identity = f", object id {caller.principal}" if caller.principal else ""
    when = (
        f", {layout.when(caller.first)} to {layout.when(caller.last)}"
        if caller.first and caller.last
        else ""
    )
    reads = "1 read" if caller.reads == 1 else f"{caller.reads} reads"
    listings = "1 listing" if caller.listings == 1 else f"{caller.listings} listings"
    did = caller.did or f"{reads}, {listings}"
    return for_terminal(f"{who}{identity}: {did}{when}")


def _together(inquiries: Iterable[Inquiry]) -> dict[tuple[datetime, ...], list[Inquiry]]:
    """Return the questions by their times: those of one time are asked about the same span."""
    found = dict[tuple[datetime, ...], list[Inquiry]]()
    for each in inquiries:
        times = (each.asked_at, each.since, each.until)
        found.setdefault(tuple(at.replace(microsecond=0) for at in times), []).append(each)
    return found


def _asked(layout: Layout, inquiries: Sequence[Inquiry]) -> str:
    first = inquiries[0]
    span = f"{layout.time(first.since)} to {layout.time(first.until)}"
    answers = Counter(_answer(layout, each) for each in inquiries)
    listed = ", ".join(f"{text} ({n} times)" if n > 1 else text for text, n in answers.items())
    return f"Asked {layout.when(first.asked_at)} about {span}: {listed}"


def _answer(layout: Layout, inquiry: Inquiry) -> str:
    if inquiry.failure:
        return for_terminal(f"{inquiry.source} no answer ({inquiry.failure})")
    rows = "1 row" if inquiry.rows == 1 else f"{inquiry.rows} rows"
    arrived = (
        f" (arrived until {layout.time(inquiry.arrived_until)})" if inquiry.arrived_until else ""
    )
    return for_terminal(f"{inquiry.source} {rows}{arrived}")
