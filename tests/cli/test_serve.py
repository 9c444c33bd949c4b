"""phidrift serve as a process: its output, crashes, and two processes on one state."""

import json
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.functions_host.hosting import ask, eventually
from tests.support.serving import Place

JOB_HOST = "AzureFunctionsJobHost__extensions__queues__"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a folder with the fixture app."""
    return Place(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end_and_ends_well(
    place: Place, number: signal.Signals
) -> None:
    with place.served() as served:
        answer = ask("GET", f"{served.url}/api/hello/you")
        status, said = served.stop(number)

    assert answer.body == b"hello you"
    assert status == 0
    assert [line.split("phidrift.serve: ")[1] for line in said.splitlines()] == [
        "stopping: nothing new is accepted; running functions have 30 s",
        "stopped: every running function has finished",
    ]


def test_two_signals_at_once_end_it(place: Place) -> None:
    with place.served() as served:
        served.process.send_signal(signal.SIGINT)
        status, said = served.stop(signal.SIGTERM)

    assert status in (130, 143)
    assert "Traceback" not in said


def test_the_end_of_standard_input_ends_it_where_that_is_asked_for(place: Place) -> None:
    with place.served("--until-stdin-closes") as served:
        assert served.process.stdin
        served.process.stdin.close()
        status = served.process.wait(60)

    assert status == 0


def test_local_settings_are_read_and_the_environment_wins(place: Place) -> None:
    values = {"FIXTURE_GREETING": "goodbye", "FIXTURE_PROBLEMS": "said in the file"}
    text = json.dumps({"Values": values})
    (place.app / "local.settings.json").write_text(text, encoding="utf-8")

    ended = place.refused()
    with place.served(FIXTURE_PROBLEMS="") as served:
        answer = ask("GET", f"{served.url}/api/hello/you")

    assert ended.stderr == "phidrift: said in the file.\n"
    assert answer.body == b"hello you"


def test_an_accepted_event_survives_a_crash(place: Place) -> None:
    names = [str(number) for number in range(20)]
    with place.served() as served:
        status = served.order(*({"id": each} for each in names))
        served.kill()
    with place.served():
        all_done = eventually(lambda: set(place.lines("finish")) == set(names))

    assert (status, all_done) == (202, True)


def test_what_a_crashed_process_held_is_taken_back_at_once_by_the_next(place: Place) -> None:
    with place.served() as served:
        has_died = served.order_death("a")
    with place.served():
        was_done = eventually(lambda: place.lines("finish") == ["a"])

    assert (has_died, was_done) == (True, True)
    assert place.lines("relay-began") == ["a", "a"]


def test_what_a_crashed_process_held_is_taken_back_by_one_that_runs_already(
    place: Place,
) -> None:
    with place.served() as first:
        first.order({"id": "a", "do": "hang"})
        has_begun = eventually(lambda: place.lines("relay-began") == ["a"])
        with place.served():
            first.kill()
            was_done = eventually(lambda: place.lines("finish") == ["a"])

    assert (has_begun, was_done) == (True, True)


def test_a_message_that_crashes_the_process_each_time_is_given_up(place: Place) -> None:
    with place.served() as served:
        has_died = served.order_death("a")
    with place.served(**{f"{JOB_HOST}maxDequeueCount": "1"}):
        was_given_up = eventually(lambda: place.lines("poisoned") == ["a"])

    assert (has_died, was_given_up) == (True, True)
    assert place.lines("relay-began") == ["a"]


def test_a_message_that_fails_is_given_up_and_nothing_of_it_is_logged(place: Place) -> None:
    values = {f"{JOB_HOST}maxDequeueCount": "2", f"{JOB_HOST}visibilityTimeout": "00:00:00"}
    with place.served(**values) as served:
        served.order({"id": "a", "do": "fail", "secret": "swordfish"})
        was_given_up = eventually(lambda: place.lines("poisoned") == ["a"])
        _, said = served.stop()

    lines = [each for each in said.splitlines() if " phidrift.host: " in each]
    assert was_given_up
    assert [line.split("phidrift.host: ")[1].split(" at ")[0] for line in lines] == [
        *("relay failed: ValueError", "relay failed: ValueError"),
        "message 1 of first was moved to first-poison",
    ]
    assert "swordfish" not in said


def test_what_runs_is_finished_before_it_ends(place: Place) -> None:
    with place.served() as served:
        served.order({"id": "a", "do": "sleep"})
        has_begun = eventually(lambda: place.lines("relay-began") == ["a"])
        status, _ = served.stop()
    with place.served():
        was_done = eventually(lambda: place.lines("finish") == ["a"])

    assert (has_begun, status, was_done) == (True, 0, True)
    assert place.lines("relay-began") == ["a"]


def test_two_processes_share_the_queues_and_do_everything_once(place: Place) -> None:
    names = [str(number) for number in range(40)]
    with place.served() as first, place.served() as second:
        statuses = [
            served.order(*({"id": each} for each in names[start::4]))
            for start, served in enumerate((first, second, first, second))
        ]
        all_done = eventually(lambda: len(place.lines("finish")) == len(names))
        first.stop()
        second.stop()

    assert (statuses, all_done) == ([202] * 4, True)
    assert sorted(place.lines("finish")) == sorted(place.lines("relay-began")) == sorted(names)


def test_two_processes_run_a_timer_once(place: Place) -> None:
    every_second = {"BEAT_SCHEDULE": "* * * * * *"}
    with place.served(**every_second) as first, place.served(**every_second) as second:
        has_run = eventually(lambda: len(place.lines("beat")) >= 3)
        first.stop()
        second.stop()

    times = [float(each.split()[0]) for each in place.lines("beat")]
    assert has_run
    assert len(times) <= int(times[-1] - times[0]) + 2


def test_one_error_names_everything_that_is_wrong_before_anything_is_served(
    place: Place,
) -> None:
    ended = place.refused(
        FIXTURE_PROBLEMS="TEAMS_WEBHOOK_URL is not https\nmonitor.toml line 3: phi is unknown",
        AzureWebJobsStorage="AccountKey=swordfish",
        **{f"{JOB_HOST}batchSize": "0"},
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        "phidrift: host.json: extensions.queues.batchSize is not a whole number from 1 to 32.",
        (
            "phidrift: AzureWebJobsStorage names an account: serve keeps queues in SQLite (unset it) "
            "or in Azurite on this machine."
        ),
        "phidrift: TEAMS_WEBHOOK_URL is not https.",
        "phidrift: monitor.toml line 3: phi is unknown.",
    ]


def test_a_wrong_schedule_of_an_app_is_named(place: Place) -> None:
    ended = place.refused(BEAT_SCHEDULE="every day")

    assert (ended.returncode, ended.stderr) == (
        2,
        "phidrift: the schedule of beat: it has 2 fields instead of six, seconds first.\n",
    )


def test_a_local_settings_file_that_is_not_json_is_refused(place: Place) -> None:
    (place.app / "local.settings.json").write_text("{", encoding="utf-8")

    ended = place.refused()

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "local.settings.json cannot be read as JSON (line 1)" in ended.stderr


def test_a_port_that_is_taken_is_said(place: Place) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])

        ended = place.refused("--port", port)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"phidrift: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "--port takes another one\n"
    )


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_what_is_no_port_is_refused(place: Place, port: str) -> None:
    ended = place.refused(f"--port={port}")

    assert ended.returncode == 2
    assert "is not a port" in ended.stderr
