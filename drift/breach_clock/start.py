"""Start the breach clock of an incident once the logs show access: discovery waits for no person.

A breach is discovered on the first day on which it is known, even if it is not yet clear whether it is
one: 45 CFR 164.404(a)(2). Only a decision of a person stops the clock.
"""

from datetime import datetime
from typing import Final

from drift.breach.clock import Basis, Clock, Stage
from drift.breach_clock.record import Action, ClockStep, clock_in, clock_row
from drift.breach_clock.steps import take_step
from drift.config.model import Breach
from drift.errors import NotUnderstood
from drift.notices import Access
from drift.ports import Store
from drift.queues.messages import InvestigateMessage
from drift.services import AppInfo
from drift.state.incident_record import Incident, load_incident

BY: Final = "phidrift"
"""Who took the step: the monitor itself, no person."""

_BASIS: Final = {Access.CONFIRMED: Basis.CONFIRMED, Access.PRESUMED: Basis.PRESUMED}


def start_clock(
    store: Store, question: InvestigateMessage, breach: Breach, *, app: AppInfo, now: datetime
) -> None:
    """Record the discovery that follows from the stored answer, if it is not recorded yet.

    A second call changes nothing. A clock of another version is kept as it is.
    """
    incident = load_incident(store, question.resource, question.control, question.number)
    if incident is None or incident.exposure is None:
        return
    try:
        basis = basis_shown(incident, _clock(store, incident))
    except NotUnderstood:
        return
    if basis is None:
        return
    step = ClockStep(
        action=Action.DISCOVER,
        by=BY,
        reason=f"Access is {basis}. {incident.exposure.summary}",
        at=now,
        basis=basis,
    )
    take_step(store, incident, step, breach, app=app)


def basis_shown(incident: Incident, clock: Clock | None) -> Basis | None:
    """Return the basis of a discovery that the clock does not have yet, None if there is none. Pure.

    A resource of which it is known that it holds no PHI starts no clock.
    """
    access = incident.exposure.access if incident.exposure else None
    basis = _BASIS.get(access) if access else None
    if basis is None or incident.phi is False:
        return None
    if clock is None or clock.stage is Stage.SUSPECTED:
        return basis
    is_news = basis is Basis.CONFIRMED and clock.basis is Basis.PRESUMED
    return basis if is_news and clock.stage is not Stage.NOTIFIED else None


def _clock(store: Store, incident: Incident) -> Clock | None:
    row = clock_row(store, incident)
    return clock_in(row).clock if row else None
