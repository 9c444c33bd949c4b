"""Each channel's own answers: their code, their words, and the remedy for the code."""

import json
import ssl

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryRejected
from notifiers.eventgrid_topic import answers as topic_answers
from notifiers.http import ChannelAnswer
from notifiers.meaning import REMOVED, Meaning, quoted
from notifiers.pagerduty import answers as pagerduty_answers
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.pagerduty.settings import PagerDuty
from notifiers.sentinel import answers as sentinel_answers
from notifiers.sessions import Sessions
from notifiers.splunk import answers as splunk_answers
from notifiers.teams import answers as teams_answers
from tests.notifiers.notices import OPENED
from tests.notifiers.wire import Wire, answering


def answer(status: int, said: object) -> ChannelAnswer:
    return ChannelAnswer(status, "", json.dumps(said).encode())


def azure(code: str, message: str = "Words.") -> object:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        (4, "Invalid token", "set SPLUNK_HEC_TOKEN to a token of this collector"),
        (6, "Invalid data format", "SPLUNK_HEC_URL must be the collector's event endpoint"),
        (7, "Incorrect index", "correct the token's default index and its allowed indexes"),
        (10, "Data channel is missing", "turn it off for this token"),
        (4711, "Something new", ""),
    ],
)
def test_the_collectors_code_has_its_remedy(code: int, text: str, remedy: str) -> None:
    said = splunk_answers.meaning(answer(400, {"text": text, "code": code}))

    assert (said.phrase, said.proves) == (f"code {code}: {text}", False)
    assert remedy in said.remedy
    assert bool(remedy) is bool(said.remedy)


@pytest.mark.parametrize("body", [b'{"code":"swordfish"}', b"[]", b"<html>", b"\xff", b""])
def test_what_is_no_answer_of_a_collector_says_nothing(body: bytes) -> None:
    assert splunk_answers.meaning(ChannelAnswer(400, "", body)) == Meaning(proves=False)


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "the flow does not accept the message"),
        (401, "copy the flow's present address"),
        (404, "the flow is deleted or turned off"),
        (413, "the card is larger than the flow accepts"),
    ],
)
def test_the_flows_status_has_its_remedy(status: int, remedy: str) -> None:
    said = teams_answers.meaning(answer(status, azure("WorkflowNotFound", "It is gone.")))

    assert said.phrase == "WorkflowNotFound: It is gone."
    assert remedy in said.remedy


@pytest.mark.parametrize(
    ("errors", "remedy"),
    [
        (
            ["Length of 'routing_key' is incorrect (should be 32 characters)"],
            "PAGERDUTY_ROUTING_KEY",
        ),
        (["'payload.severity' is invalid"], "the field that PagerDuty names"),
    ],
)
def test_pagerduty_names_the_field_that_it_refuses(errors: list[str], remedy: str) -> None:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    said = pagerduty_answers.meaning(answer(400, body))

    assert said.phrase == f"invalid event: {errors[0]}"
    assert remedy in said.remedy


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "must have the columns"),
        (403, "Monitoring Metrics Publisher on the data collection rule"),
        (404, "correct SENTINEL_RULE_ID"),
        (413, "larger than 1 MB"),
    ],
)
def test_the_ingestion_apis_status_has_its_remedy(status: int, remedy: str) -> None:
    said = sentinel_answers.meaning(answer(status, azure("InvalidStream", "Not configured.")))

    assert said.phrase == "InvalidStream: Not configured."
    assert remedy in said.remedy


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "FINDINGS_TOPIC_KEY"), (403, "EventGrid Data Sender"), (404, "FINDINGS_TOPIC_ENDPOINT")],
)
def test_the_topics_status_has_its_remedy(status: int, remedy: str) -> None:
    said = topic_answers.meaning(answer(status, azure("Unauthorized")))

    assert said.code == "Unauthorized"
    assert remedy in said.remedy


def test_what_is_told_of_an_answer_is_short_and_holds_no_secret() -> None:
    words = (
        "The key swordfish of https://flow.example/?sig=abc is not 3f2b8c91d4e5a6b7c8d9 "
        + "x" * 999
    )
    told = quoted(Meaning("Unauthorized", words), ["swordfish"])

    assert told.words.startswith(f"The key {REMOVED} of {REMOVED} is not {REMOVED} x")
    assert len(told.words) == 200


def test_a_refusal_carries_the_channels_words_without_the_key_that_they_hold(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    key = "abcdefghijklmnopqrstuvwxyzabcdef"
    body = json.dumps({"status": "invalid event", "errors": [f"routing_key {key} is unknown"]})
    with Wire(tls, answering(400, body=body.encode())) as wire:
        channel = PagerDutyNotifier(PagerDuty(Secret(key), f"https://{wire.address}/v2"), sessions)
        with pytest.raises(DeliveryRejected) as caught:
            channel.send(OPENED, opening=True)

    told = f"pagerduty: HTTP 400 (invalid event: routing_key {REMOVED} is unknown)"
    assert str(caught.value) == told
    assert "PAGERDUTY_ROUTING_KEY" in caught.value.remedy
