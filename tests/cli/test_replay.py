"""``phidrift replay``: what it posts, where it may post, and how it reports."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli import replay
from cli.__main__ import main
from drift.errors import BadSettings

SAMPLES = Path(__file__).parents[2] / "samples"
EVENT = {"id": "1", "eventType": "A.B", "subject": "/s", "eventTime": "2026-01-01T00:00:00Z"}


class Webhook(ThreadingHTTPServer):
    """Records the posted messages, and answers with the given statuses, then with 202."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.posted: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def events(self) -> list[Any]:
        return [event for _, _, event in self.posted]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        webhook = self.server
        assert isinstance(webhook, Webhook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        webhook.posted.append((self.path, self.headers["aeg-event-type"], json.loads(body)))
        self.send_response(webhook.statuses.pop(0) if webhook.statuses else 202)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.json"


def test_each_event_is_posted_by_itself_in_order(
    webhook: Webhook, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [{**EVENT, "id": str(number)} for number in range(3)]
    file.write_text(json.dumps(events))

    code = main(["replay", str(file), "--to", webhook.url])

    path = "/runtime/webhooks/EventGrid?functionName=resource_changed"
    assert webhook.posted == [(path, "Notification", each) for each in events]
    assert (code, capsys.readouterr().out.splitlines()) == (
        0,
        ["202  A.B  /s"] * 3 + ["3 events: 3 accepted, 0 refused"],
    )


@pytest.mark.parametrize("text", [json.dumps(EVENT), json.dumps([EVENT], indent=1), "\n{}\n"])
def test_every_form_of_file_is_taken(webhook: Webhook, file: Path, text: str) -> None:
    file.write_text(text.replace("{}", json.dumps(EVENT)))

    assert main(["replay", str(file), "--to", webhook.url]) == 0
    assert webhook.events == [EVENT]


@pytest.mark.parametrize("status", [500, 404, 400, 302])
def test_a_refusal_is_told_and_the_rest_still_posted(
    webhook: Webhook, file: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    webhook.statuses = [status]
    file.write_text(json.dumps([EVENT, EVENT]))

    code = main(["replay", str(file), "--to", webhook.url])

    assert (code, len(webhook.posted)) == (1, 2)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"{status}  A.B  /s",
        "202  A.B  /s",
        "2 events: 1 accepted, 1 refused",
    ]
    assert printed.err == "phidrift replay: the log of serve says why an event was refused\n"


def test_a_serve_that_does_not_run_is_reported(
    webhook: Webhook, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(json.dumps(EVENT))

    code = main(["replay", str(file), "--to", "http://127.0.0.1:1"])

    assert code == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "no answer  A.B  /s",
        "1 event: 0 accepted, 0 refused, 1 not answered",
    ]
    assert "nothing answers on http://127.0.0.1:1: `phidrift serve` is not running" in printed.err


def test_a_bad_line_is_named_and_the_others_are_posted(
    webhook: Webhook, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{json.dumps(EVENT)}\nnonsense\n{json.dumps(EVENT)}\n")

    code = main(["replay", str(file), "--to", webhook.url])

    assert (code, len(webhook.posted)) == (2, 2)
    assert "line 2: it is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    "other",
    [
        {"id": "/subscriptions/s", "type": "Microsoft.Storage/storageAccounts", "properties": {}},
        {"case": 1, "resource": {}},
        {"id": "1", "eventType": "", "subject": "/s"},
    ],
)
def test_a_line_that_is_no_event_is_named_and_not_posted(
    webhook: Webhook, file: Path, capsys: pytest.CaptureFixture[str], other: dict[str, Any]
) -> None:
    file.write_text(f"{json.dumps(EVENT)}\n{json.dumps(other)}\n")

    code = main(["replay", str(file), "--to", webhook.url])

    printed = capsys.readouterr()
    assert (code, webhook.events) == (2, [EVENT])
    assert printed.err == (
        "phidrift replay: line 2: "
        "Not an Event Grid or CloudEvents event (no eventType or specversion).\n"
    )
    assert printed.out.splitlines()[-1] == "1 event: 1 accepted, 0 refused"


def test_certificate_authorities_that_cannot_be_read_are_no_answer(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file.parent / "none.pem"))
    file.write_text(json.dumps(EVENT))

    code = main(["replay", str(file), "--to", "https://127.0.0.1:1"])

    assert code == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("no answer  A.B")
    assert "no answer from https://127.0.0.1:1 (OSError)" in printed.err


def test_a_file_that_is_not_there_is_bad_input(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(file)]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_file_without_an_event_is_bad_input(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[]")

    assert main(["replay", str(file)]) == 2
    assert "it has no events" in capsys.readouterr().err


def test_a_handshake_is_posted_as_one(webhook: Webhook) -> None:
    main(["replay", str(SAMPLES / "validation.eventgrid.json"), "--to", webhook.url])

    assert [kind for _, kind, _ in webhook.posted] == ["SubscriptionValidation"]


@pytest.mark.parametrize("name", ["storage-write.eventgrid.json", "storage-write.cloudevents.json"])
def test_fresh_events_are_new_to_the_monitor(webhook: Webhook, name: str) -> None:
    for _ in range(2):
        main(["replay", "--fresh", str(SAMPLES / name), "--to", webhook.url])

    first, second = webhook.events
    assert first["id"] != second["id"]
    assert first.keys() == second.keys()
    assert {"subject", "data"} <= {name for name in first if first[name] == second[name]}
    assert "2026-11-22T09:15:04" not in (first.get("time"), first.get("eventTime"))


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("http://localhost:7071", replay.WEBHOOK),
        ("http://localhost:7071/", replay.WEBHOOK),
        ("http://127.0.0.1:80", replay.WEBHOOK),
        ("http://[::1]:7071/hook", "/hook"),
        ("https://monitor.example/runtime/webhooks/EventGrid?functionName=f&code=c",
         "/runtime/webhooks/EventGrid?functionName=f&code=c"),
    ],
)  # fmt: skip
def test_the_webhook_is_found_from_a_base_address(to: str, path: str) -> None:
    parts = urlsplit(replay.address(to))

    assert f"{parts.path}{'?' if parts.query else ''}{parts.query}" == path


@pytest.mark.parametrize(
    "to",
    [
        "http://monitor.example",
        "http://10.0.0.1:7071",
        "http://localhost.example",
        "http://127.0.0.1@monitor.example",
        "ftp://localhost",
        "localhost:7071",
        "https://",
    ],
)
def test_events_leave_this_machine_only_by_https(to: str) -> None:
    with pytest.raises(BadSettings):
        replay.address(to)


def test_a_wrong_address_is_a_usage_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(file), "--to", "http://monitor.example"]) == 2
    assert "neither an https address" in capsys.readouterr().err
