"""The log of serve: one line an entry, for people or for machines."""

import io
import json
import logging
import re
from datetime import UTC, datetime

import pytest

from cli.logs import JsonFormatter, TextFormatter, write_to

TEXT_LINE = re.compile(
    r"2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (INFO|WARNING) drift\.test: (.*)"
)


def record(message: str, *arguments: object, **attributes: object) -> logging.LogRecord:
    """Return a record of the domain."""
    made = logging.LogRecord("drift.test", logging.INFO, __file__, 1, message, arguments, None)
    made.__dict__.update(attributes)
    return made


def failed(message: str) -> logging.LogRecord:
    """Return a record with an exception that quotes what must not be shown."""
    made = record(message)
    try:
        int("swordfish")
    except ValueError as error:
        made.exc_info = (type(error), error, error.__traceback__)
    return made


def test_a_line_for_people_has_local_time_level_and_logger() -> None:
    match = TEXT_LINE.fullmatch(TextFormatter().format(record("told %s", "x")))

    assert match
    assert match.groups() == ("INFO", "told x")


def test_a_line_for_machines_is_one_object_with_the_fields_of_the_record() -> None:
    fields = {"status": 403, "channel": "teams", "level": "of the field", "odd": {1}}
    line = record("read-failed status=403", trace="read-failed", fields=fields)
    entry = json.loads(JsonFormatter().format(line))

    at = entry.pop("time")
    assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    assert entry == {
        "level": "INFO",
        "logger": "drift.test",
        "message": "read-failed",
        "status": 403,
        "channel": "teams",
        "odd": "{1}",
    }


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_entry_is_one_line_and_an_exception_is_told_by_type_and_place(
    formatter: logging.Formatter,
) -> None:
    line = formatter.format(failed("one\ntwo"))

    assert "\n" not in line
    assert "one two (ValueError at test_logs.py:" in line
    assert "swordfish" not in line


def test_fields_that_are_no_mapping_are_no_part_of_the_entry() -> None:
    entry = json.loads(JsonFormatter().format(record("a", fields="x")))

    assert "fields" not in entry


def test_of_a_library_only_warnings_are_shown() -> None:
    stream = io.StringIO()
    top = logging.getLogger("library")
    write_to(stream, "json", root=top)

    top.info("a request, whole")
    top.warning("a warning")

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["a warning"]


ACCOUNT = (
    "/subscriptions/0/resourceGroups/clinic-data/providers/Microsoft.Storage/storageAccounts/a"
)
NOON = datetime(2026, 12, 3, 12, tzinfo=UTC).astimezone().replace(hour=12, minute=0)
INCIDENT = "29dce758a083a9b7e872b34c1ae82a309d2aea822d855ce855a76e542ed7c67f"


def traced(event: str, /, **fields: object) -> logging.LogRecord:
    """Return a record of the decision log, of NOON."""
    made = record("as Application Insights has it", trace=event, fields=fields)
    made.created = NOON.timestamp()
    return made


def line_of(event: str, /, **fields: object) -> str:
    return TextFormatter().format(traced(event, **fields)).split(" INFO ", 1)[1]


def test_an_event_for_people_has_short_ids_and_nothing_that_only_machines_compare() -> None:
    line = line_of(
        "decision",
        control="STORAGE-FIREWALL",
        reason="it fails and no incident was open",
        event="0f0b5473-ff43-423c-8777-b020a4ce00a8",
        incident=INCIDENT,
        version="0.2.0",
        resource=ACCOUNT,
        hash="c5f290dbe21acf662bf6ffee8b2b43e3",
    )

    assert line == (
        'decision control=STORAGE-FIREWALL reason="it fails and no incident was open" '
        "event=0f0b5473 incident=29dce758 resource=clinic-data/storageAccounts/a"
    )


def test_times_of_an_event_for_people_are_those_of_the_line_s_clock() -> None:
    at, other_day = NOON.replace(minute=1, second=2), NOON.replace(day=4)
    line = line_of("reread-due", at=utc(at), until=utc(other_day))

    assert line.startswith("reread-due at=12:01:02.000 until=")
    assert '"2026-12-04 12:00:00.000' in line


def test_the_event_that_came_in_has_the_whole_id_that_explain_takes() -> None:
    line = line_of("event-accepted", resource=ACCOUNT, at=utc(NOON))

    assert f"resource={ACCOUNT}" in line
    assert "at=12:00:00.000" in line


@pytest.mark.parametrize(
    ("format_", "shown"),
    [
        ("text", ["refused", "unfinished"]),
        ("json", ["too_early", "proved", "refused", "unfinished"]),
    ],
)
def test_a_usual_proof_is_for_machines_alone(format_: str, shown: list[str]) -> None:
    stream, top = io.StringIO(), logging.getLogger(f"as {format_}")
    write_to(stream, format_, root=top)

    for proof in ("too_early", "proved", "refused", "unfinished"):
        top.handle(traced("proof", proof=proof))

    assert re.findall(r"too_early|proved|refused|unfinished", stream.getvalue()) == shown


def utc(local: datetime) -> str:
    """Return a local time as a field of the log has it."""
    return local.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
