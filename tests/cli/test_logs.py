"""The log of serve: one line an entry, for people or for machines."""

import io
import json
import logging
import re

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
