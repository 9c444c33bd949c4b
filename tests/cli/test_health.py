"""``phidrift health``: the figures of a serve, and the message if none answers."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from cli import health
from cli.__main__ import main
from cli.addresses import no_answer

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
GOOD = {
    "status": "ok",
    "queues": {"changes": {"waiting": 1, "running": None, "poison": 0}},
    "lastEvent": "2026-12-01T11:57:00+00:00",
    "due": 0,
    "undelivered": 0,
    "unknown": 0,
    "blind": [],
}


class Served(ThreadingHTTPServer):
    """Answers every request with the status and the text it was given."""

    daemon_threads = True
    status = 200
    text = json.dumps(GOOD)
    path = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        served = self.server
        assert isinstance(served, Served)
        served.path = self.path
        body = served.text.encode()
        self.send_response(served.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_figures_are_shown_in_words() -> None:
    assert list(health.lines(GOOD, NOW)) == [
        "status: ok",
        "queue changes: 1 waiting, running not known, 0 poison",
        "last event of a monitored subscription: 2026-12-01T11:57:00+00:00 (3 min ago)",
        "due work that tick has not taken yet: 0",
        "messages that are not delivered: 0",
        "unknown verdicts without an exception: 0",
        "subscriptions and providers that cannot be read: none",
    ]


def test_a_figure_that_the_store_cannot_tell_is_not_known_and_the_next_step_is_named() -> None:
    told = list(health.lines({"status": "degraded", "due": None, "blind": None}, NOW))

    assert told == [
        "status: degraded",
        "the state store does not answer: `phidrift doctor` names what is missing",
        "due work that tick has not taken yet: not known",
        "subscriptions and providers that cannot be read: not known",
    ]


def test_each_subscription_has_a_line_with_the_age_of_its_last_sweep() -> None:
    told = list(
        health.lines(
            {"status": "ok", "lastSweep": {"1f0c": "2026-12-01T04:02:00+00:00", "2a1b": None}}, NOW
        )
    )

    assert told[1:] == [
        "last complete sweep of 1f0c: 2026-12-01T04:02:00+00:00 (7 h ago)",
        "last complete sweep of 2a1b: none yet, or its time is not readable",
    ]


def test_an_event_of_the_future_is_no_event_of_now() -> None:
    ahead = (NOW + timedelta(hours=2)).isoformat()
    told = list(health.lines({"status": "ok", "lastEvent": ahead}, NOW))

    assert told[1].endswith("(in the future: a clock was ahead, or this one is behind)")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "none"), (59, "59 s"), (4000, "1 h"), (None, "not known")]
)
def test_the_oldest_undelivered_change_is_shown_by_its_age(seconds: int | None, text: str) -> None:
    told = list(health.lines({"status": "degraded", "oldestUndelivered": seconds}, NOW))

    assert told[1] == f"longest wait of a change for a channel: {text}"


def test_a_figure_of_a_later_version_is_shown_as_it_is() -> None:
    told = list(health.lines({"status": "ok", "backlog": {"a": 1}}, NOW))

    assert told[1] == 'backlog: {"a": 1}'


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("degraded", 1)])
def test_the_exit_code_is_that_of_the_status(
    served: Served, capsys: pytest.CaptureFixture[str], status: str, code: int
) -> None:
    served.text = json.dumps(GOOD | {"status": status})

    assert main(["health", "--to", served.url, "--json"]) == code
    assert (served.path, json.loads(capsys.readouterr().out)["status"]) == ("/api/health", status)


def test_a_serve_that_does_not_run_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--to", "http://127.0.0.1:1"]) == 1
    assert capsys.readouterr().err == (
        "phidrift health: nothing answers on http://127.0.0.1:1: "
        "`phidrift serve` is not running there\n"
    )


def test_serve_is_blamed_on_this_machine_only() -> None:
    answer = no_answer("https://app.example", requests.ConnectionError())

    assert answer == "no answer from https://app.example (ConnectionError)"


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"status": "fine"}', "{}"])
def test_another_answer_is_never_taken_for_a_good_one(
    served: Served, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    served.text = text

    assert main(["health", "--to", served.url]) == 1
    assert "answers, but not as a monitor does" in capsys.readouterr().err


def test_an_error_is_no_answer_and_a_key_is_not_repeated(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    served.status = 401

    assert main(["health", "--to", f"{served.url}/api/health?code=swordfish", "--json"]) == 1
    printed = capsys.readouterr().out
    assert json.loads(printed)["status"] == "unreachable"
    assert ("HTTP 401" in printed, "swordfish" in printed) == (True, False)


def test_a_wrong_address_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--to", "http://monitor.example"]) == 2
    assert "neither an https address" in capsys.readouterr().err


def test_an_empty_address_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--to", ""]) == 2
    assert "--to needs an address" in capsys.readouterr().err
