"""Decide only from the logs of a service whether it was used.

Pure. Azure does not promise that such a log is complete, so nothing is ever excluded: if nobody is
seen, access stays possible.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift.access.ports import MOST_ROWS
from drift.access.record import CallerSeen, Exposure, Inquiry
from drift.exposure.callers import CallerKind, Use
from drift.exposure.log_proof import WHOLE
from drift.exposure.window import Window
from drift.exposure.wording import between, number, span
from drift.notices import Access

OUTSIDE: Final = "outside the approved networks"

_MOST_SEEN: Final = 10
"""Callers that are stored; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of a service for what callers did.

    ``question`` follows "not known", ``nothing`` precedes "was seen"; ``did`` says what callers
    did, with numbers; ``limit`` says why access is not excluded although nobody was seen.
    """

    caller: tuple[str, str]
    question: str
    nothing: str
    did: Callable[[Sequence[Use]], str]
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What the logs of one service show of a window.

    ``uses`` are None where the log did not answer. ``coverage`` is WHOLE, or says what the log may lack.
    ``asides`` are additional sentences; ``flows`` counts connections that may have been a use.
    """

    window: Window
    phrases: Phrases
    coverage: str
    uses: tuple[tuple[CallerKind, Use], ...] | None
    inquiries: tuple[Inquiry, ...]
    asides: tuple[str, ...] = ()
    flows: int = 0

    def by(self, *kinds: CallerKind) -> list[Use]:
        """Return what callers of these kinds did."""
        return [use for kind, use in self.uses or () if kind in kinds]

    @property
    def outside(self) -> list[Use]:
        """Return what callers from outside did, the busiest first."""
        found = self.by(CallerKind.FOREIGN, CallerKind.UNNAMED)
        return sorted((each for each in found if _done(each)), key=lambda each: -_done(each))


def answer_of(trail: Trail, *, now: datetime) -> Exposure:
    """Return the answer, with one line that says it in numbers."""
    uses, window = trail.outside, trail.window
    firsts = [each.first for each in uses if each.first]
    lasts = [each.last for each in uses if each.last]
    return Exposure(
        opened_at=window.opened_at,
        access=access_shown(trail),
        asked_at=now,
        since=window.since,
        until=window.until,
        summary=_summary(trail, (min(firsts, default=None), max(lasts, default=None))),
        callers=len({each.who for each in uses}) if uses else None,
        reads=sum(each.reads for each in uses),
        listings=sum(each.listings for each in uses),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        seen=tuple(_seen(each, trail.phrases) for each in uses[:_MOST_SEEN]),
        coverage=trail.coverage,
        is_final=window.until is not None and trail.uses is not None and trail.coverage == WHOLE,
        inquiries=trail.inquiries,
        flows=trail.flows,
    )


def access_shown(trail: Trail) -> Access:
    """Return which of the answers holds; excluded is never one of them."""
    if any(each.reads for each in trail.by(CallerKind.FOREIGN)):
        return Access.CONFIRMED
    return Access.PRESUMED if trail.outside else Access.POSSIBLE


def _summary(trail: Trail, times: tuple[datetime | None, datetime | None]) -> str:
    parts = "; ".join(_parts(trail, times))
    return f"{parts[:1].upper()}{parts[1:]}."


def _parts(trail: Trail, times: tuple[datetime | None, datetime | None]) -> Iterator[str]:
    uses, phrases = trail.outside, trail.phrases
    if uses:
        is_all = trail.coverage == WHOLE and len(trail.uses or ()) < MOST_ROWS
        who = number(len({each.who for each in uses}), *phrases.caller)
        yield f"{'' if is_all else 'at least '}{who} {phrases.did(uses)}, {span(*times)}"
        yield from trail.asides
        yield trail.coverage if trail.coverage == WHOLE else f"not known: {trail.coverage}"
        return
    yield from trail.asides
    if trail.uses is None or trail.coverage != WHOLE:
        yield f"not known {phrases.question} {between(trail.window)}: {trail.coverage}"
        return
    yield f"{phrases.nothing} was seen {between(trail.window)}"
    unclear = [each for each in trail.by(CallerKind.UNCLEAR) if _done(each)]
    if unclear:
        callers = number(len({each.who for each in unclear}), "caller", "callers")
        yield f"{callers} may or may not be our own"
    yield f"it cannot be excluded: {phrases.limit}"


def _done(use: Use) -> int:
    return use.reads + use.listings


def _seen(use: Use, phrases: Phrases) -> CallerSeen:
    return CallerSeen(
        proof=use.proof,
        address=use.address,
        principal=use.principal,
        reads=use.reads,
        listings=use.listings,
        first=use.first,
        last=use.last,
        did=phrases.did((use,)),
    )
