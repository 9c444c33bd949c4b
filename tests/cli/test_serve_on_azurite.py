"""phidrift serve with its queues in Azurite: crashes, and two processes on one account."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.queues.azure_calls import QueueCalls
from adapters.queues.azurite import StorageQueues
from drift.config.storage_account import by_connection_string
from tests.azurite import KEY, Azurite
from tests.functions_host.hosting import eventually
from tests.support.serving import Place, Served

JOB_HOST = "AzureFunctionsJobHost__extensions__queues__"


class OnAzurite(Place):
    """A folder with the fixture app in it, whose queues are in an account of their own."""

    def __init__(self, folder: Path, azurite: Azurite) -> None:
        super().__init__(folder)
        self.storage = azurite.connection_string()

    @contextmanager
    def served(self, *arguments: str, **values: str) -> Iterator[Served]:
        with super().served(*arguments, AzureWebJobsStorage=self.storage, **values) as served:
            yield served

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue holds."""
        with closing(QueueCalls(by_connection_string(self.storage))) as calls:
            return calls.counts(queue).waiting


@pytest.fixture
def place(tmp_path: Path, azurite: Azurite) -> OnAzurite:
    return OnAzurite(tmp_path, azurite)


def test_what_is_accepted_is_done_and_ends_well(place: OnAzurite) -> None:
    with place.served() as served:
        status = served.order(*({"id": each} for each in "abc"))
        all_done = eventually(lambda: sorted(place.lines("finish")) == ["a", "b", "c"])
        ended, _ = served.stop()

    assert (status, all_done, ended) == (202, True, 0)
    assert sorted(place.lines("relay-began")) == ["a", "b", "c"]


def test_an_accepted_event_survives_a_crash(place: OnAzurite) -> None:
    names = [str(number) for number in range(20)]
    lease = {f"{JOB_HOST}leaseSeconds": "3"}  # it may die between taking a message and noting it
    with place.served(**lease) as served:
        status = served.order(*({"id": each} for each in names))
        served.kill()
    with place.served(**lease):
        all_done = eventually(lambda: set(place.lines("finish")) == set(names))

    assert (status, all_done) == (202, True)


def test_what_a_crashed_process_held_is_taken_back_at_once_by_the_next(place: OnAzurite) -> None:
    with place.served() as served:
        has_died = served.order_death("a")
    with place.served():
        was_done = eventually(lambda: place.lines("finish") == ["a"])

    assert (has_died, was_done) == (True, True)
    assert place.lines("relay-began") == ["a", "a"]


def test_what_another_machine_held_comes_back_after_its_lease(
    place: OnAzurite, tmp_path: Path
) -> None:
    with closing(StorageQueues(by_connection_string(place.storage), tmp_path / "other")) as other:
        other.put("first", '{"id": "a"}')
        other.take("first", lease_seconds=1, owner="another machine")
    with place.served():
        was_done = eventually(lambda: place.lines("finish") == ["a"])

    assert was_done


def test_a_message_that_fails_is_given_up_and_nothing_of_it_is_logged(place: OnAzurite) -> None:
    values = {f"{JOB_HOST}maxDequeueCount": "2", f"{JOB_HOST}visibilityTimeout": "00:00:00"}
    with place.served(**values) as served:
        served.order({"id": "a", "do": "fail", "secret": "swordfish"})
        was_given_up = eventually(lambda: place.lines("poisoned") == ["a"])
        _, said = served.stop()

    assert was_given_up
    assert place.waiting("first") == 0
    host = [each for each in said.splitlines() if " phidrift.host: " in each]
    assert host[-1].endswith("of first was moved to first-poison")
    assert "swordfish" not in said
    assert KEY not in said


def test_two_processes_share_the_queues_and_do_everything_once(place: OnAzurite) -> None:
    names = [str(number) for number in range(40)]
    with place.served() as first, place.served() as second:
        statuses = [
            served.order(*({"id": each} for each in names[start::2]))
            for start, served in enumerate((first, second))
        ]
        all_done = eventually(lambda: len(place.lines("finish")) == len(names))
        first.stop()
        second.stop()

    assert (statuses, all_done) == ([202] * 2, True)
    assert sorted(place.lines("finish")) == sorted(place.lines("relay-began")) == sorted(names)


def test_an_azurite_that_is_not_there_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    storage = f"AccountName=clinic;AccountKey={KEY};QueueEndpoint=http://127.0.0.1:{port}/clinic"

    ended = Place(tmp_path).refused(AzureWebJobsStorage=storage)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"phidrift: cannot use the queues (queues of 127.0.0.1:{port}: no answer): "
        "start Azurite, or unset AzureWebJobsStorage\n"
    )
