"""The card: what it says."""

import json
from dataclasses import replace

import pytest

from drift.model import Actor, Severity
from drift.notices import Change, Closure, Found, Notice
from notifiers.teams.message import build_message
from tests.notifiers.notices import (
    ACCOUNT,
    ANNA,
    DELETED,
    EXCEPTED,
    FIRST_SEEN,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    UNKNOWN,
    UPDATED,
)
from tests.notifiers.teams.reading import banner, buttons, paragraphs


def test_the_envelope_is_what_a_workflow_takes() -> None:
    message = json.loads(build_message(OPENED, opening=True))

    assert message["type"] == "message"
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert attachment["content"]["version"] == "1.5"
    assert attachment["content"]["msteams"] == {"width": "Full"}


@pytest.mark.parametrize(
    ("notice", "opening", "first"),
    [
        (OPENED, True, "Drift · Critical · PHI"),
        (OPENED, False, "Drift · Critical · PHI"),
        (UPDATED, False, "Update · Critical · PHI"),
        (UPDATED, True, "Drift · Critical · PHI"),
        (replace(OPENED, phi=False, severity=Severity.LOW), True, "Drift · Low · not PHI"),
        (RESOLVED, False, "Resolved · fixed after 12 min · PHI"),
        (DELETED, False, "Closed · the resource was deleted · open for 12 min · PHI"),
        (NO_LONGER_REQUIRED, False, "Closed · no longer required · open for 12 min · PHI"),
        (EXCEPTED, False, "Closed · covered by an exception · open for 12 min · PHI"),
        (
            UNKNOWN,
            False,
            "Unknown: this cannot be judged at present · PHI not provable, treated as PHI",
        ),
    ],
)
def test_the_first_text_says_what_happened(notice: Notice, opening: bool, first: str) -> None:
    assert paragraphs(notice, opening=opening)[0] == first


@pytest.mark.parametrize(
    ("notice", "style"),
    [
        (OPENED, "attention"),
        (replace(OPENED, severity=Severity.HIGH), "attention"),
        (replace(OPENED, severity=Severity.MEDIUM), "warning"),
        (replace(OPENED, severity=Severity.LOW), "accent"),
        (UNKNOWN, "warning"),
        (RESOLVED, "good"),
        (DELETED, "emphasis"),
        (EXCEPTED, "emphasis"),
    ],
)
def test_the_banner_has_the_colour_of_what_happened(notice: Notice, style: str) -> None:
    assert banner(notice) == style


def test_a_drift_says_all_that_an_engineer_needs() -> None:
    told = paragraphs(OPENED)

    assert "clinicimaging" in told
    assert ACCOUNT in told
    assert OPENED.reason in told
    assert OPENED.why in told
    assert OPENED.title in told
    assert OPENED.fix_command in told
    assert OPENED.fix_note in told
    assert "STORAGE-PUBLIC-ACCESS" in told
    assert "45 CFR 164.312(a)(1), 164.308(a)(4)(ii)(B), 164.308(a)(1)(ii)(B)" in told
    assert "resource group rg-clinic-prod is tagged dataClassification=phi" in told
    assert "2026-11-22 03:14:07 UTC" in told
    assert "read 03:14:08 · decided 03:14:08" in told
    assert buttons(OPENED) == {"Open in the portal": OPENED.portal_url}


def test_before_and_after_are_shown_with_what_must_be() -> None:
    told = paragraphs(OPENED)

    assert "false\u200e → \u200etrue" in told
    assert "Container   must be None" in told


def test_the_cause_is_named_with_object_id_address_and_second_factor() -> None:
    told = paragraphs(OPENED)

    assert told[told.index("Changed by") + 1] == "anna.berg@clinic.example"
    assert f"object id {ANNA.object_id} · MFA: no" in told
    assert told[told.index("From") + 1] == "203.0.113.7"


def test_what_was_first_seen_names_the_last_writer_and_claims_no_cause() -> None:
    told = paragraphs(FIRST_SEEN)

    assert "Changed by" not in told
    assert told[told.index("Last writer") + 1] == "anna.berg@clinic.example"
    assert any(each.startswith("first seen") and "last written by" in each for each in told)


def test_an_actor_that_no_event_named_is_not_invented() -> None:
    told = paragraphs(replace(FIRST_SEEN, changed_by=None))

    assert "first seen in this state; nobody has been named yet" in told


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Found.MISSED, "the sweep found it, no event told of it"),
        (Found.FIRST_CONTACT, "it was so when it was first looked at"),
    ],
)
def test_what_no_event_told_of_says_how_it_was_found(found: Found, words: str) -> None:
    told = paragraphs(replace(FIRST_SEEN, changed_by=None, found=found))

    assert f"unknown: {words}" in told


def test_an_actor_of_whom_little_is_known_says_so() -> None:
    told = paragraphs(replace(OPENED, changed_by=Actor("7d1c5b2a-app")))

    assert "object id unknown · MFA: unknown" in told
    assert "an unknown address" in told


def test_a_resolve_says_who_closed_it_and_offers_no_fix() -> None:
    told = paragraphs(replace(RESOLVED, fix_command="az …", fix_note="…"))

    assert told[told.index("Closed by") + 1] == "ops-oncall@clinic.example"
    assert told[told.index("Opened") + 1] == "2026-11-22 03:14:08 UTC"
    assert "Fix" not in told


def test_what_the_configuration_closed_is_ascribed_to_nobody() -> None:
    assert "Closed by" not in paragraphs(EXCEPTED)


def test_context_and_the_incident_link_come_when_they_are_given() -> None:
    told = paragraphs(UPDATED)

    assert [f"• {each}" for each in UPDATED.context] == told[-2:]
    assert buttons(UPDATED)["Open the incident"] == UPDATED.console_url


def test_a_fix_that_is_no_command_is_told_in_words() -> None:
    told = paragraphs(replace(OPENED, fix_command=None, fix_note="Recreate the disk."))

    assert told[told.index("Fix") + 1] == "Recreate the disk."


@pytest.mark.parametrize(
    "url", ["", "http://portal.example", "javascript:alert(1)", "https://\x1b"]
)
def test_only_a_sound_address_becomes_a_button(url: str) -> None:
    assert buttons(replace(OPENED, portal_url=url)) == {}


@pytest.mark.parametrize("closure", Closure)
def test_only_what_was_fixed_is_told_as_resolved(closure: Closure) -> None:
    change = Change.RESOLVED if closure is Closure.FIXED else Change.CLOSED

    first = paragraphs(replace(RESOLVED, change=change, closure=closure))[0]

    assert first.startswith("Resolved") is (closure is Closure.FIXED)
