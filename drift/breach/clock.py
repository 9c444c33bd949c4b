"""The breach clock of one incident as data: it runs from discovery until a person has decided.

Nothing here is legal advice. No step is ever undone: a later decision stands beside the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from drift.breach.deadlines import Counts, Deadline, LawEnforcementDelay, Recipient


class Stage(StrEnum):
    """How far an incident has come under 45 CFR 164.402 to 164.414."""

    SUSPECTED = "suspected"
    DISCOVERED = "discovered"
    ASSESSING = "assessing"
    LOW_PROBABILITY = "low_probability"
    BREACH = "breach"
    NOTIFIED = "notified"


class Basis(StrEnum):
    """Whether access or disclosure is confirmed (it was seen) or presumed (it cannot be ruled out)."""

    CONFIRMED = "confirmed"
    PRESUMED = "presumed"


class Knower(StrEnum):
    """Who knew of an incident: 45 CFR 164.404(a)(2), 164.410(a)(2)."""

    WORKFORCE = "workforce"
    AGENT = "agent"
    OTHER_ASSOCIATE = "business_associate_no_agent"


class Factor(StrEnum):
    """The four factors that a risk assessment must have at least: 45 CFR 164.402, breach (2)."""

    NATURE_AND_EXTENT = "nature_and_extent"
    UNAUTHORIZED_PERSON = "unauthorized_person"
    ACQUIRED_OR_VIEWED = "acquired_or_viewed"
    MITIGATION = "mitigation"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The time at which somebody first knew of an incident."""

    by: Knower
    at: datetime


@dataclass(frozen=True, slots=True)
class FactorFinding:
    """What a person found for one factor, with references to the evidence."""

    factor: Factor
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HumanDecision:
    """What a person decided: the stage it leads to, the name, the reason and the time."""

    stage: Stage
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeMade:
    """A notice that was made on a day; without a ``state`` it reached every State."""

    recipient: Recipient
    day: date
    state: str = ""

    def covers(self, deadline: Deadline) -> bool:
        """Return whether the notice answers a deadline."""
        return self.recipient is deadline.recipient and self.state in {"", deadline.state}


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one incident; ``discovered_at`` is ``None`` while access is only suspected."""

    stage: Stage = Stage.SUSPECTED
    discovered_at: datetime | None = None
    basis: Basis | None = None
    findings: tuple[FactorFinding, ...] = ()
    decisions: tuple[HumanDecision, ...] = ()
    counts: Counts = field(default_factory=Counts)
    delays: tuple[LawEnforcementDelay, ...] = ()
    notices: tuple[NoticeMade, ...] = ()

    @property
    def runs(self) -> bool:
        """Return whether notices may still become due."""
        return self.stage in _RUNNING


_RUNNING: Final = frozenset({Stage.DISCOVERED, Stage.ASSESSING, Stage.BREACH})

_DECIDABLE: Final = {
    Stage.DISCOVERED: {Stage.LOW_PROBABILITY, Stage.BREACH},
    Stage.ASSESSING: {Stage.LOW_PROBABILITY, Stage.BREACH},
    Stage.LOW_PROBABILITY: {Stage.BREACH},
    Stage.BREACH: {Stage.LOW_PROBABILITY, Stage.NOTIFIED},
}


def discovery(first_alert: datetime, known: Iterable[Knowledge] = ()) -> datetime:
    """Return when an incident counts as discovered, never later than its first alert.

    The knowledge of workforce and agents is the organization's own: 45 CFR 164.404(a)(2),
    164.410(a)(2). The knowledge of a business associate that is not an agent counts once it is
    passed on: then it is knowledge of the workforce.
    """
    own = (each.at for each in known if each.by is not Knower.OTHER_ASSOCIATE)
    return min((first_alert, *own))


def discovered(clock: Clock, at: datetime, basis: Basis) -> Clock:
    """Start the clock, or correct it: discovery moves only to an earlier time.

    If a decision for a low probability was made while access was presumed, and access is confirmed
    later, the assessment opens again (45 CFR 164.402, breach (2)(iii)).
    """
    earliest = at if clock.discovered_at is None else min(at, clock.discovered_at)
    confirmed = Basis.CONFIRMED in {basis, clock.basis}
    stage = clock.stage
    if stage is Stage.SUSPECTED:
        stage = Stage.DISCOVERED
    elif stage is Stage.LOW_PROBABILITY and confirmed and clock.basis is Basis.PRESUMED:
        stage = Stage.ASSESSING
    known = Basis.CONFIRMED if confirmed else Basis.PRESUMED
    return replace(clock, stage=stage, discovered_at=earliest, basis=known)


def assessed(clock: Clock, finding: FactorFinding) -> Clock:
    """Record what was found for one factor, in place of an earlier finding for it.

    Raises ``ValueError`` if the clock is not open for an assessment, or the finding is empty.
    """
    if clock.stage not in _RUNNING:
        raise ValueError(f"an incident in stage {clock.stage} accepts no finding")
    if not finding.text.strip():
        raise ValueError(f"{finding.factor}: the finding is empty")
    others = tuple(each for each in clock.findings if each.factor is not finding.factor)
    stage = Stage.ASSESSING if clock.stage is Stage.DISCOVERED else clock.stage
    return replace(clock, stage=stage, findings=(*others, finding))


def counted(clock: Clock, counts: Counts) -> Clock:
    """Record how many individuals are affected, in place of an earlier count.

    More individuals after the notices were made need notices of their own: the clock runs again.
    """
    if clock.stage not in _RUNNING | {Stage.NOTIFIED}:
        raise ValueError(f"an incident in stage {clock.stage} accepts no counts")
    grows = clock.stage is Stage.NOTIFIED and counts.known() > clock.counts.known()
    stage = Stage.BREACH if grows else clock.stage
    return replace(clock, stage=stage, counts=counts, notices=() if grows else clock.notices)


def delayed(clock: Clock, delay: LawEnforcementDelay) -> Clock:
    """Record a statement of law enforcement: 45 CFR 164.412. It moves dates, not the discovery."""
    if clock.stage not in _RUNNING:
        raise ValueError(f"an incident in stage {clock.stage} accepts no delay")
    return replace(clock, delays=(*clock.delays, delay))


def noticed(clock: Clock, notice: NoticeMade) -> Clock:
    """Record one notice that was made."""
    if clock.stage is not Stage.BREACH:
        raise ValueError(f"an incident in stage {clock.stage} accepts no notice")
    return replace(clock, notices=(*clock.notices, notice))


def decided(clock: Clock, decision: HumanDecision) -> Clock:
    """Record a person's decision; nothing else stops a clock.

    A low probability must be demonstrated by all four factors, and the burden of proof lies on the
    organization: each needs evidence (45 CFR 164.402, breach (2); 164.414(b)). Raises
    ``ValueError`` if the stage does not allow the decision, or lacks a name, a reason or a factor.
    """
    if decision.stage not in _DECIDABLE.get(clock.stage, set()):
        allowed = ", ".join(sorted(_DECIDABLE.get(clock.stage, set()))) or "nothing else"
        raise ValueError(
            f"an incident that is {clock.stage} cannot become {decision.stage}; "
            f"it can become {allowed}"
        )
    if not decision.by.strip() or not decision.reason.strip():
        raise ValueError("a decision needs a name and a reason")
    if decision.stage is Stage.LOW_PROBABILITY and (missing := _without_evidence(clock)):
        raise ValueError(f"factors without evidence: {', '.join(missing)}")
    return replace(clock, stage=decision.stage, decisions=(*clock.decisions, decision))


def _without_evidence(clock: Clock) -> list[Factor]:
    """Return the factors that no finding with evidence covers."""
    covered = {each.factor for each in clock.findings if any(map(str.strip, each.evidence))}
    return [each for each in Factor if each not in covered]
