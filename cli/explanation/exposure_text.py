"""Whether a resource was used while it was exposed, in words: the answer, the callers, every question."""

from collections.abc import Iterator

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
    for inquiry in exposure.inquiries:
        yield from layout.wrapped(_inquiry(layout, inquiry), INDENT + 2)


def _caller(layout: Layout, caller: CallerSeen) -> str:
    who = f"{caller.address or 'no address'} ({caller.proof or 'authentication not known'})"
    identity = f", object id {caller.principal}" if caller.principal else ""
    when = (
        f", {layout.when(caller.first)} to {layout.when(caller.last)}"
        if caller.first and caller.last
        else ""
    )
    did = caller.did or f"{caller.reads} reads, {caller.listings} listings"
    return for_terminal(f"{who}{identity}: {did}{when}")


def _inquiry(layout: Layout, inquiry: Inquiry) -> str:
    span = f"{layout.when(inquiry.since)} to {layout.when(inquiry.until)}"
    asked = f"Asked {layout.when(inquiry.asked_at)} for {inquiry.source}, {span}: "
    if inquiry.failure:
        return for_terminal(f"{asked}no answer: {inquiry.failure}")
    arrived = (
        f", arrived up to {layout.when(inquiry.arrived_until)}" if inquiry.arrived_until else ""
    )
    return for_terminal(f"{asked}{inquiry.rows} rows{arrived}")
