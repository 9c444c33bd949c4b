"""A monitor with an open incident, and steps of its breach clock."""

from collections.abc import Callable
from typing import Any

import pytest

from drift.breach_clock.record import Action, ClockRecord, ClockStep
from drift.breach_clock.steps import take_step
from drift.state.incident_record import Incident, load_incident
from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig

Take = Callable[..., ClockRecord]


@pytest.fixture
def rig() -> Rig:
    """Return a monitor that has seen the account in order, and settled."""
    rig = Rig(None)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    return rig


def incident(rig: Rig) -> Incident:
    """Return the incident of the account, once it was opened."""
    found = load_incident(rig.store, ACCOUNT, "TOY-OPEN", 1)
    assert found
    return found


@pytest.fixture
def take(rig: Rig) -> Take:
    """Return a function that takes a step in the clock of the incident, by one person with one reason."""

    def step(action: Action, **fields: Any) -> ClockRecord:
        taken = ClockStep(
            action=action, by="R. Ortiz", reason="see the file", at=rig.clock(), **fields
        )
        breach, facts = rig.services.config.breach, rig.services.facts
        return take_step(rig.store, incident(rig), taken, breach, app=facts)

    return step
