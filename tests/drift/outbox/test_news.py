"""What an update adds to the message before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drift.model import Actor, Evidence, Severity
from drift.outbox.actor_names import shown_name
from drift.outbox.news import news
from drift.state.attribution_record import Attribution, PossibleCause
from drift.state.incident_record import Incident

ANNA = Actor("anna@clinic.example", "oid-1", app_id="portal")
BEN = Actor("ben@clinic.example")
AT = datetime(2026, 11, 22, 3, 14, tzinfo=UTC)


def attributed(*actors: Actor) -> Attribution:
    """Return the attribution of a change that each of these actors can have made."""
    causes = (
        PossibleCause(event_id=str(number), at=AT + timedelta(seconds=number), actor=actor)
        for number, actor in enumerate(actors)
    )
    return Attribution(until=AT, paths=("a",), is_compared=True, causes=tuple(causes))


BEFORE = Incident(
    resource_id="/subscriptions/s/resourceGroups/g",
    control_id="STORAGE-TLS",
    number=1,
    sequence=1,
    opened_at=datetime(2026, 11, 22, 3, 14, tzinfo=UTC),
    severity=Severity.HIGH,
    reason="HTTP is allowed",
    evidence=(Evidence("a", True, "false"), Evidence("b", 1, "2")),
    context=("The resource was moved here from x.",),
)


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (BEFORE, ()),
        (
            replace(BEFORE, severity=Severity.CRITICAL),
            ("The severity is now critical; it was high.",),
        ),
        (
            replace(BEFORE, phi=True, phi_reason="tagged"),
            ("The PHI status has changed: tagged",),
        ),
        (
            replace(BEFORE, evidence=(*BEFORE.evidence, Evidence("c", 1, "2"))),
            ("Also failing: c",),
        ),
        (
            replace(BEFORE, evidence=(BEFORE.evidence[0], Evidence("b", 0, "2"))),
            ("Still failing, with another value: b",),
        ),
        (
            replace(BEFORE, reason="TLS 1.0 is allowed"),
            ("Before this update the reason was: HTTP is allowed",),
        ),
        (
            replace(BEFORE, attributions=(attributed(ANNA),)),
            ("An event now names the actor. Most likely changed by anna@clinic.example.",),
        ),
        (replace(BEFORE, context=(*BEFORE.context, "more")), ("more",)),
    ],
)
def test_an_update_says_only_what_differs(after: Incident, lines: tuple[str, ...]) -> None:
    assert news(BEFORE, after) == lines


def test_a_later_event_that_contradicts_names_both() -> None:
    before = replace(BEFORE, attributions=(attributed(ANNA),))

    [told] = news(before, replace(BEFORE, attributions=(attributed(ANNA, BEN),)))

    assert told.startswith("Changed by one of these: ben@clinic.example, anna@clinic.example.")
    assert told.endswith("Named before: anna@clinic.example.")


def test_a_further_change_names_its_actor_and_the_one_of_the_opening() -> None:
    opening = replace(attributed(ANNA), is_proven=True)
    before = replace(BEFORE, attributions=(opening,), opened_by=ANNA)
    later = replace(attributed(BEN), after=AT)

    told = news(before, replace(before, attributions=(opening, later)))

    assert told == (
        "This update: Most likely changed by ben@clinic.example.",
        "The opening: Changed by anna@clinic.example.",
    )


def test_an_opening_by_nobody_known_is_not_named_in_an_update() -> None:
    before = replace(BEFORE, opened_by=ANNA, attributions=(Attribution(until=AT),))
    later = replace(attributed(BEN), paths=("c",))

    assert news(before, replace(before, attributions=(*before.attributions, later))) == (
        "This update: Most likely changed by ben@clinic.example.",
    )


def test_evidence_that_is_gone_is_not_told_as_repaired() -> None:
    assert news(BEFORE, replace(BEFORE, evidence=())) == ()


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (ANNA, "anna@clinic.example"),
        (Actor("app-1", app_id="app-1"), "application id app-1"),
        (Actor("oid-1", object_id="oid-1"), "object id oid-1"),
        (Actor("id-clinic", app_id="app-1"), "id-clinic (application id app-1)"),
        (Actor("someone"), "someone"),
        (Actor("ann@mail.example", app_id="portal", is_guest=True), "ann@mail.example (guest)"),
        (
            Actor("id-clinic", app_id="app-1", is_managed_identity=True),
            "id-clinic (managed identity, application id app-1)",
        ),
    ],
)
def test_an_id_is_shown_with_its_label(actor: Actor, name: str) -> None:
    assert shown_name(actor) == name
