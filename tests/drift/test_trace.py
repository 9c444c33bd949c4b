"""One line for each event of the trace, and the same fields as data beside it."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest

from drift.config.secret import Secret
from drift.model import Severity
from drift.trace import MAX_LINE, MAX_TEXT, Value, trace, trace_at

ACCOUNT = "/subscriptions/5a4e/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/scans"

log = logging.getLogger("drift.test")


class Kept(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def traced(**fields: Value) -> tuple[str, Mapping[str, object]]:
    """Trace an event; return its line without the name of the event, and its fields."""
    logger, kept = logging.getLogger("drift.test.trace"), Kept()
    logger.setLevel(logging.INFO)
    logger.addHandler(kept)
    trace(logger, "tested", **fields)
    logger.removeHandler(kept)
    (record,) = kept.records
    return record.getMessage().removeprefix("tested").strip(), vars(record)["fields"]


@pytest.mark.parametrize(
    ("value", "written", "data"),
    [
        ("a", "a", "a"),
        (ACCOUNT, ACCOUNT, ACCOUNT),
        ("two words", '"two words"', "two words"),
        ("a=b", '"a=b"', "a=b"),
        ('say "no"', '"say \\"no\\""', 'say "no"'),
        ("", '""', ""),
        ("one\r\ntwo\tthree\u2028four\x00", '"one two three four"', "one two three four"),
        ("grün", "grün", "grün"),
        ("lone \ud800 surrogate", '"lone surrogate"', "lone surrogate"),
        (7, "7", 7),
        (1.5, "1.5", 1.5),
        (True, "true", True),
        (Severity.HIGH, "high", "high"),
        (
            datetime(2026, 11, 20, 3, 0, 1, tzinfo=UTC),
            "2026-11-20T03:00:01.000Z",
            "2026-11-20T03:00:01.000Z",
        ),
        (
            datetime(2026, 11, 20, 4, 0, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-20T03:00:00.000Z",
            "2026-11-20T03:00:00.000Z",
        ),
        (("a", "b"), "a,b", "a,b"),
        (range(12), '"0,1,2,3,4,5,6,7,8,9,+2 more"', "0,1,2,3,4,5,6,7,8,9,+2 more"),
    ],
)
def test_a_value_is_one_word_of_logfmt_and_data_for_json(
    value: Value, written: str, data: object
) -> None:
    line, fields = traced(value=value)

    assert line == f"value={written}"
    assert fields["value"] == data
    assert json.loads(json.dumps(dict(fields))) == fields


def test_fields_keep_their_order_and_what_is_not_known_is_left_out() -> None:
    line, fields = traced(b=1, a=None, c=2)

    assert (line, dict(fields)) == ("b=1 c=2", {"b": 1, "c": 2})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Secret("swordfish"), "***"),
        (("a", Secret("swordfish")), "a,***"),
        ("https://hooks.example/services/swordfish?sig=swordfish refused", "…hooks.example/…"),
        ("HTTPS://user:swordfish@hooks.example/x", "hooks.example/…"),
        ("https://user:swordfish@hooks.example", "hooks.example"),
        ("amqps://user:swordfish@queue.example:5671/q", "queue.example:5671/…"),
        ("/workflows/a?api-version=1&sig=swordfish was refused", "/workflows/a?… was refused"),
        ("the signature sig=swordfish", "sig=***"),
        ('{"routing_key": "swordfish-1"}', "***"),
        ("routing_key=swordfish", "routing_key=***"),
        (
            "AccountName=a;AccountKey=swordfish==;EndpointSuffix=x",
            "AccountKey=***;EndpointSuffix=x",
        ),
        ("Authorization: Splunk swordfish-1234", "Authorization: ***"),
        ("it sent Bearer swordfish-1234567890 twice", "it sent *** twice"),
        ("got eyJhbGciOiJI.swordfish.swordfish", "got ***"),
        ("eyJhbGciOiJI.swordfish.swordfish", "***"),
        ("R0SWORDFISHSWORDFISHSWORDFISHSW1", "***"),
        ("whsec_swordfish", "***"),
        ("no such key R0SWORDFISHSWORDFISHSWORDFISHSW1", "no such key ***"),
        (f"{ACCOUNT}/blobServices/default/containers/in/blobs/swordfish.pdf", "/blobs/…"),
    ],
)
def test_no_secret_and_no_name_of_an_object_is_logged(value: Value, shown: str) -> None:
    line, fields = traced(value=value)

    assert shown.strip("…") in line
    assert "swordfish" not in (line + repr(dict(fields))).lower()


@pytest.mark.parametrize(
    "text",
    [
        "the token: it has expired",
        "PAGERDUTY_ROUTING_KEY must be an integration key; token expired",
        "Splunk refused what it had accepted before",
        f"{ACCOUNT.partition('/providers/')[0]}/providers/Microsoft.KeyVault/vaults/v/keys/k1",
        "what is it? nobody knows",
        "https://hooks.example",
    ],
)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    _, fields = traced(value=text)

    assert fields["value"] == text


def test_a_value_a_list_and_a_line_are_bounded() -> None:
    line, fields = traced(text="x" * 10_000, many=["y" * 1000] * 50, last="z")
    long, kept = traced(**{f"field{number}": "x" * MAX_TEXT for number in range(50)})

    assert (len(str(fields["text"])), fields["last"]) == (MAX_TEXT, "z")
    assert len(line) < MAX_LINE
    assert len(long) <= MAX_LINE + len(" truncated=true")
    assert long.endswith(" truncated=true")
    assert kept["truncated"] is True


def test_an_event_is_logged_at_info_or_the_level_that_is_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        trace(log, "a", x=1)
        trace_at(log, logging.WARNING, "b", x=1)
    with caplog.at_level(logging.WARNING):
        trace(log, "c", x=1)

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("INFO", "a x=1"),
        ("WARNING", "b x=1"),
    ]
