"""Which person the card names: the cause, the last writer, or nobody."""

from dataclasses import replace

import pytest

from drift.model import Actor
from drift.notices import Closure, Found, Standing
from tests.notifiers.notices import (
    ANNA,
    EXCEPTED,
    FIRST_SEEN,
    LIKELY,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    SEVERAL,
)
from tests.notifiers.teams.reading import paragraphs


def test_the_cause_is_named_with_object_id_address_and_second_factor() -> None:
    told = paragraphs(OPENED)

    assert told[told.index("Changed by") + 1] == "anna.berg@clinic.example"
    assert f"object id {ANNA.object_id} · MFA: no" in told
    assert told[told.index("From") + 1] == "203.0.113.7"


def test_what_is_most_likely_is_not_called_the_cause() -> None:
    told = paragraphs(LIKELY)

    assert "Changed by" not in told
    assert told[told.index("Most likely by") + 1] == "anna.berg@clinic.example"
    assert any(each.startswith("Not proven yet") for each in told)


def test_all_who_can_have_made_the_change_are_named_each_with_the_addresses() -> None:
    told = paragraphs(SEVERAL)
    shown = told[told.index("Changed by one of") :]

    assert "Changed by" not in told
    assert shown[1] == "ravi.menon@imaging-partner.example (guest)"
    assert shown[3:5] == [
        "from 192.0.2.44; signed in from another address: 198.51.100.200",
        "anna.berg@clinic.example",
    ]
    assert any("It is not known who made" in each for each in shown)


def test_an_address_of_the_sign_in_alone_is_labelled() -> None:
    actor = Actor("a@b.example", ip="203.0.113.9", sign_in_ip="203.0.113.9", ip_is_sign_in=True)
    told = paragraphs(replace(OPENED, changed_by=actor))

    assert told[told.index("From") + 1] == (
        "203.0.113.9 (address of the sign-in; that of the request is not known)"
    )


def test_what_was_first_seen_names_the_last_writer_and_claims_no_cause() -> None:
    told = paragraphs(FIRST_SEEN)

    assert "Changed by" not in told
    assert told[told.index("Last writer") + 1] == "anna.berg@clinic.example"
    assert any(each.startswith("First seen") and "wrote last" in each for each in told)


def test_an_actor_that_no_event_named_is_not_invented() -> None:
    told = paragraphs(replace(FIRST_SEEN, changed_by=None))

    assert "Actor not known yet." in told


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Found.MISSED, "the scheduled scan found it; no event reported the change."),
        (Found.FIRST_CONTACT, "the setting had this value already in the first scan."),
    ],
)
def test_what_no_event_told_of_says_how_it_was_found(found: Found, words: str) -> None:
    told = paragraphs(replace(FIRST_SEEN, changed_by=None, found=found))

    assert f"Actor unknown: {words}" in told


def test_an_actor_of_whom_little_is_known_says_so() -> None:
    told = paragraphs(replace(OPENED, changed_by=Actor("7d1c5b2a-app")))

    assert "object id unknown · MFA: unknown" in told
    assert "an unknown address" in told


def test_a_resolve_says_who_closed_it_and_offers_no_fix() -> None:
    told = paragraphs(replace(RESOLVED, fix_command="az …", fix_note="…"))

    assert told[told.index("Most likely closed by") + 1] == "ops-oncall@clinic.example"
    assert told[told.index("Opened") + 1] == "2026-11-22 03:14:08 UTC"
    assert not any(each.startswith(("What to do", "az ")) for each in told)


def test_a_resolve_claims_no_more_of_a_last_writer_than_the_last_write() -> None:
    told = paragraphs(replace(RESOLVED, standing=Standing.LAST_WRITER))

    assert "Closed by" not in told
    assert told[told.index("Last writer") + 1] == "ops-oncall@clinic.example"


def test_a_closing_by_configuration_names_no_actor() -> None:
    assert "Closed by" not in paragraphs(EXCEPTED)


@pytest.mark.parametrize("closure", [Closure.NO_LONGER_REQUIRED, Closure.UNWATCHED])
def test_a_closing_to_which_nobody_wrote_anything_asks_for_no_actor(closure: Closure) -> None:
    told = paragraphs(replace(NO_LONGER_REQUIRED, closure=closure))

    assert not {"Last writer", "Actor not known yet.", "From"} & set(told)
