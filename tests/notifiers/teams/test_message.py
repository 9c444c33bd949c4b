"""The content of the card."""

import json
from dataclasses import replace

import pytest

from drift.model import Evidence, Severity
from drift.notices import Change, Closure, Notice
from notifiers.teams.message import build_message
from tests.notifiers.notices import (
    ACCOUNT,
    BY_APPLICATION,
    DELETED,
    EXCEPTED,
    EXISTING,
    FIRST_SCAN,
    FIRST_SEEN,
    MONITOR_BLIND,
    MONITOR_CHANNEL,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    RIGHT_TO_LEFT,
    UNKNOWN,
    UPDATED,
    UPDATED_NEWS,
    hostile,
)
from tests.notifiers.teams.reading import banner, buttons, card, paragraphs

GUIDE = "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent"


def test_the_envelope_is_what_a_workflow_takes() -> None:
    message = json.loads(build_message(OPENED, opening=True))

    assert message["type"] == "message"
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert attachment["content"]["version"] == "1.2"
    assert attachment["content"]["msteams"] == {"width": "Full"}


def test_a_preview_says_what_drifted() -> None:
    message = json.loads(build_message(OPENED, opening=True))

    told = (
        "Drift · Critical · Storage account clinicscans: "
        "Anonymous access is allowed. Anyone can read container scans."
    )
    assert message["summary"] == told
    assert message["attachments"][0]["content"]["fallbackText"] == told


@pytest.mark.parametrize(
    ("notice", "second", "third"),
    [
        (
            OPENED,
            "Anonymous access is allowed. Anyone can read container scans.",
            "What to do: Run the command below.",
        ),
        (
            replace(OPENED, fix_command=None, fix_note="Recreate the disk"),
            "Anonymous access is allowed. Anyone can read container scans.",
            "What to do: Recreate the disk.",
        ),
        (
            RESOLVED,
            "Anonymous access is off for the whole account.",
            "No action is needed.",
        ),
        (
            UNKNOWN,
            "Cannot tell: the containers cannot be listed (HTTP 403).",
            "What to do: Check the resource yourself, and check that the monitor has permission to read it.",
        ),
    ],
)
def test_the_next_two_lines_say_what_is_wrong_with_what_and_what_to_do(
    notice: Notice, second: str, third: str
) -> None:
    assert paragraphs(notice)[1:3] == [f"Storage account clinicscans: {second}", third]


@pytest.mark.parametrize("notice", [DELETED, EXCEPTED, NO_LONGER_REQUIRED])
def test_an_end_without_a_fix_does_not_say_that_no_action_is_needed(notice: Notice) -> None:
    assert "No action is needed." not in paragraphs(notice)


def test_a_name_written_from_right_to_left_stays_before_the_reason() -> None:
    assert paragraphs(hostile(RIGHT_TO_LEFT))[1].startswith(
        f"Storage account {RIGHT_TO_LEFT}: \u200e"
    )


def test_the_command_stands_right_below_the_banner() -> None:
    assert paragraphs(OPENED)[3:5] == [OPENED.fix_command, OPENED.fix_note]


def test_an_update_lists_what_is_new_before_the_rest_and_once() -> None:
    told = paragraphs(UPDATED_NEWS)
    start = told.index("New in this update")

    assert start == 3
    assert told[start + 1 : start + 4] == [f"• {each}" for each in UPDATED_NEWS.news]
    assert told.count(f"• {UPDATED.context[1]}") == 1


def test_a_first_message_has_nothing_new_and_all_that_is_known() -> None:
    told = paragraphs(UPDATED_NEWS, opening=True)

    assert "New in this update" not in told
    assert told[-2:] == [f"• {each}" for each in UPDATED_NEWS.context]


def test_an_application_is_shown_by_an_id_that_is_labelled() -> None:
    told = paragraphs(BY_APPLICATION)

    shown = told[told.index("Changed by") + 1]
    assert shown == "application id 7d1c5b2a-90ab-4cde-8f01-23456789abcd"


@pytest.mark.parametrize(
    ("notice", "opening", "start"),
    [
        (MONITOR_BLIND, True, "Drift monitor · High · MONITOR-BLIND"),
        (replace(MONITOR_BLIND, change=Change.UPDATED), False, "Update · Drift monitor · High"),
        (
            replace(MONITOR_CHANNEL, change=Change.RESOLVED, closure=Closure.FIXED),
            False,
            "Resolved · Drift monitor · fixed after 0 s · MONITOR-CHANNEL",
        ),
    ],
)
def test_what_the_monitor_says_of_itself_is_not_told_as_drift_of_a_resource(
    notice: Notice, opening: bool, start: str
) -> None:
    assert paragraphs(notice, opening=opening)[0].startswith(start)


def test_a_card_about_unreadable_resources_lists_them_and_names_no_writer() -> None:
    told = paragraphs(MONITOR_BLIND)

    assert told[told.index("PHI resources that cannot be evaluated") + 1] == f"• {ACCOUNT}"
    assert not {"Changed by", "Last writer", "From"} & set(told)


def test_a_card_about_very_many_unreadable_resources_counts_the_rest() -> None:
    rest = (Evidence("…", "12 more", ""),)

    told = paragraphs(replace(MONITOR_BLIND, evidence=(*MONITOR_BLIND.evidence, *rest)))

    assert "• … and 12 more" in told


def test_a_card_about_the_first_scan_counts_failures_and_demands_no_zero() -> None:
    told = paragraphs(FIRST_SCAN)

    assert told[told.index("Failures by control") + 2] == "• 2 × STORAGE-TLS (high)"
    assert told[told.index("Most severe") + 1] == f"• {FIRST_SCAN.context[0]}"
    assert not any("must be" in each for each in told)


def test_a_card_about_a_channel_says_what_was_not_delivered_and_what_to_do() -> None:
    told = paragraphs(MONITOR_CHANNEL)

    assert told[1].startswith("1 incident was not delivered to PagerDuty")
    assert told[2].startswith("What to do: Renew the channel's token")


@pytest.mark.parametrize(
    ("notice", "is_below"), [(MONITOR_BLIND, True), (FIRST_SCAN, True), (MONITOR_CHANNEL, False)]
)
def test_a_line_above_the_facts_divides_them_from_a_list_and_from_nothing_else(
    notice: Notice, is_below: bool
) -> None:
    facts = card(notice, opening=True)["body"][-1]

    assert facts.get("separator", False) is is_below


@pytest.mark.parametrize(
    ("notice", "opening", "first"),
    [
        (OPENED, True, "Drift · Critical · PHI"),
        (OPENED, False, "Drift · Critical · PHI"),
        (UPDATED, False, "Update · Critical · PHI"),
        (UPDATED, True, "Drift · Critical · PHI"),
        (EXISTING, True, "Drift (existing, found in the first scan) · Critical · PHI"),
        (replace(OPENED, phi=False, severity=Severity.LOW), True, "Drift · Low · not PHI"),
        (RESOLVED, False, "Resolved · fixed after 12 min · PHI"),
        (DELETED, False, "Closed · the resource was deleted · open for 12 min · PHI"),
        (NO_LONGER_REQUIRED, False, "Closed · no longer required · open for 12 min · PHI"),
        (EXCEPTED, False, "Closed · covered by an exception · open for 12 min · PHI"),
        (
            UNKNOWN,
            False,
            "Unknown · cannot be evaluated at present · PHI status unknown, treated as PHI",
        ),
    ],
)
def test_the_first_text_says_what_happened(notice: Notice, opening: bool, first: str) -> None:
    told = paragraphs(notice, opening=opening)

    assert told[0] == f"{first} · STORAGE-PUBLIC-ACCESS"


@pytest.mark.parametrize(
    ("notice", "style"),
    [
        (OPENED, "attention"),
        (replace(OPENED, severity=Severity.HIGH), "warning"),
        (replace(OPENED, severity=Severity.MEDIUM), "accent"),
        (replace(OPENED, severity=Severity.LOW), "default"),
        (UNKNOWN, "accent"),
        (RESOLVED, "good"),
        (DELETED, "emphasis"),
        (EXCEPTED, "emphasis"),
    ],
)
def test_the_banner_has_the_colour_of_what_happened(notice: Notice, style: str) -> None:
    assert banner(notice) == style


def test_a_drift_says_all_that_an_engineer_needs() -> None:
    told = paragraphs(OPENED)

    assert ACCOUNT in told
    assert OPENED.why in told
    assert OPENED.title in told
    assert OPENED.fix_command in told
    assert OPENED.fix_note in told
    assert (
        "Security Rule 45 CFR 164.312(a)(1), 164.308(a)(4)(ii)(B), 164.308(a)(1)(ii)(B); "
        "Privacy Rule 45 CFR 164.502(a)" in told
    )
    assert "resource group clinic-prod is tagged dataClassification=phi" in told
    assert "2026-11-22 03:14:07 UTC" in told
    assert "read 03:14:08 · decided 03:14:08" in told
    assert buttons(OPENED) == {"Portal": OPENED.portal_url, "Guide": GUIDE}


def test_before_and_after_are_shown_with_what_must_be() -> None:
    assert "false\u200e → \u200etrue" in paragraphs(OPENED)
    assert "true   must be false" in paragraphs(FIRST_SEEN)


def test_context_and_the_incident_link_come_when_they_are_given() -> None:
    told = paragraphs(UPDATED)

    assert [f"• {each}" for each in UPDATED.context] == told[-2:]
    assert buttons(UPDATED)["Incident"] == UPDATED.console_url


def test_an_open_incident_links_its_runbook_and_an_ended_one_does_not() -> None:
    page = "https://phidrift.clinic.example/api/runbooks/STORAGE-PUBLIC-ACCESS"

    assert buttons(replace(OPENED, runbook_url=page))["Runbook"] == page
    assert "Runbook" not in buttons(replace(RESOLVED, runbook_url=page))


def test_a_fix_that_is_no_command_is_told_in_words() -> None:
    told = paragraphs(replace(OPENED, fix_command=None, fix_note="Recreate the disk."))

    assert "What to do: Recreate the disk." in told


@pytest.mark.parametrize(
    "url", ["", "http://portal.example", "javascript:alert(1)", "https://\x1b", "https://\ud800"]
)
def test_only_a_sound_address_becomes_a_button(url: str) -> None:
    assert buttons(replace(OPENED, portal_url=url)) == {"Guide": GUIDE}


@pytest.mark.parametrize("closure", Closure)
def test_only_what_was_fixed_is_told_as_resolved(closure: Closure) -> None:
    change = Change.RESOLVED if closure is Closure.FIXED else Change.CLOSED

    first = paragraphs(replace(RESOLVED, change=change, closure=closure))[0]

    assert first.startswith("Resolved") is (closure is Closure.FIXED)
