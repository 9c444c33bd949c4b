"""Faults on the way to the container: nothing is lost, doubled or rewritten, or an error says so."""

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event

import pytest

from adapters.azure_http.refusals import PAUSES
from adapters.evidence.blobs import EvidenceBlobs
from drift.errors import EvidenceUnavailable
from tests.adapters.evidence.conftest import no_key
from tests.support.blob_container import BlobService, calls_to

NAME = "ab/shard-0/2026-12-02.jsonl"
CHECKPOINT = "ab/shard-0/checkpoints/000000000001.txt"
APPEND = "comp=appendblock"

Arm = Callable[[BlobService, str, int], None]
Open = Callable[..., EvidenceBlobs]


def is_reset(service: BlobService, match: str, times: int) -> None:
    service.reset(match, method="PUT", times=times)


def is_reset_after_it_took_effect(service: BlobService, match: str, times: int) -> None:
    service.reset(match, method="PUT", times=times, after=True)


def is_answered_by_something_else(service: BlobService, match: str, times: int) -> None:
    service.garble(match, method="PUT", times=times)


def is_throttled(service: BlobService, match: str, times: int) -> None:
    service.refuse(match, method="PUT", times=times, status=429, code="TooManyRequests")


def is_busy(service: BlobService, match: str, times: int) -> None:
    service.refuse(match, method="PUT", times=times, status=503, code="ServerBusy")


FAULTS = (
    *(is_reset, is_reset_after_it_took_effect, is_answered_by_something_else),
    *(is_throttled, is_busy),
)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def container(service: BlobService) -> str:
    return service.new_container()


@pytest.fixture
def opened(container: str, pauses: list[float]) -> Iterator[Open]:
    """Yield what opens the log in the container, as one more process does."""
    logs: list[EvidenceBlobs] = []

    def open_log(
        sleep: Callable[[float], None] = pauses.append, read_seconds: float = 8.0
    ) -> EvidenceBlobs:
        calls = calls_to(container, read_seconds=read_seconds)
        logs.append(EvidenceBlobs(calls, no_key, most_blocks=2, sleep=sleep))
        return logs[-1]

    yield open_log
    for each in logs:
        each.close()


@pytest.fixture
def log(opened: Open) -> EvidenceBlobs:
    return opened()


@each_fault
@pytest.mark.parametrize("there", [b"", b"one\n", b"one\ntwo\n"], ids=["new", "begun", "full"])
def test_records_are_appended_once_whatever_becomes_of_the_first_request(
    service: BlobService, log: EvidenceBlobs, fault: Arm, there: bytes
) -> None:
    for number, line in enumerate(there.splitlines(keepends=True)):
        log.append(NAME, 4 * number, line)
    fault(service, APPEND, 1)

    log.append(NAME, len(there), b"new\n")

    assert log.read(NAME) == there + b"new\n"


@each_fault
def test_a_blob_is_made_once_whatever_becomes_of_the_first_request(
    service: BlobService, log: EvidenceBlobs, fault: Arm
) -> None:
    fault(service, "ab/", 1)
    log.append(NAME, 0, b"one\n")
    fault(service, "ab/", 1)
    log.create(CHECKPOINT, b"signed")

    assert (log.read(NAME), log.read(CHECKPOINT)) == (b"one\n", b"signed")


@each_fault
def test_a_fault_that_stays_is_said_and_the_same_bytes_are_appended_later(
    service: BlobService, log: EvidenceBlobs, fault: Arm, pauses: list[float]
) -> None:
    log.append(NAME, 0, b"one\n")
    fault(service, APPEND, 3)
    if fault is is_reset_after_it_took_effect:  # nor can it ask what took effect
        service.stall(method="HEAD", seconds=0.0)
        service.refuse(method="HEAD", times=2)

    with pytest.raises(EvidenceUnavailable):
        log.append(NAME, 4, b"two\n" + bytes(5 << 20))
    service.clear()
    log.append(NAME, 4, b"two\n" + bytes(5 << 20))

    assert log.read(NAME) == b"one\ntwo\n" + bytes(5 << 20)
    assert pauses[: len(PAUSES)] == list(PAUSES)


def test_an_append_that_arrives_after_it_was_sent_again_changes_nothing(
    service: BlobService, opened: Open
) -> None:
    log = opened(read_seconds=0.3)
    log.append(NAME, 0, b"one\n")
    service.stall(APPEND, seconds=1.0)

    log.append(NAME, 4, b"two\n")
    until(lambda: late(service) == 1)

    assert log.read(NAME) == b"one\ntwo\n"


def test_an_append_that_took_effect_after_its_time_limit_is_not_sent_again(
    service: BlobService, opened: Open
) -> None:
    before = len(appends(service))
    log = opened(
        sleep=lambda _: until(lambda: len(appends(service)) > before + 1), read_seconds=0.3
    )
    log.append(NAME, 0, b"one\n")
    service.stall(APPEND, seconds=1.0)

    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"
    assert appends(service) == [201, 201]


def test_another_writer_that_was_faster_is_a_reason_to_read_again(
    service: BlobService, log: EvidenceBlobs, opened: Open
) -> None:
    log.append(NAME, 0, b"one\n")
    service.refuse(APPEND, status=412, code="AppendPositionConditionNotMet", times=1)

    log.append(NAME, 4, b"two\n")

    assert opened().read(NAME) == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (403, "AuthorizationPermissionMismatch", "lacks the role Storage Blob Data Contributor"),
        (403, "AuthorizationFailure", "the account's network rules block this machine"),
        (409, "BlobImmutableDueToPolicy", "must allow protected append writes"),
        (409, "BlobIsSealed", "somebody has sealed the blob"),
        (409, "BlockCountExceedsLimit", "HTTP 409 BlockCountExceedsLimit"),
        (400, "InvalidInput", "HTTP 400 InvalidInput"),
    ],
)
def test_a_refusal_that_stays_is_said_at_once_with_what_is_missing(
    service: BlobService,
    log: EvidenceBlobs,
    pauses: list[float],
    status: int,
    code: str,
    why: str,
) -> None:
    service.refuse(APPEND, status=status, code=code)

    with pytest.raises(EvidenceUnavailable, match=why) as refused:
        log.append(NAME, 0, b"one\n")

    assert f"{NAME} in EVIDENCE_STORE, blobs of 127.0.0.1:" in str(refused.value)
    assert pauses == []


def test_a_container_that_is_missing_is_said_and_not_made(service: BlobService) -> None:
    address = service.new_container() + "-gone"
    with closing(EvidenceBlobs(calls_to(address), no_key)) as log:
        with pytest.raises(EvidenceUnavailable, match="the container is missing"):
            log.append(NAME, 0, b"one\n")
        with pytest.raises(EvidenceUnavailable, match="the container is missing"):
            log.create(CHECKPOINT, b"signed")
        with pytest.raises(EvidenceUnavailable, match="the container is missing"):
            log.names()


def test_an_identity_without_a_token_is_said(
    service: BlobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "other")
    with (
        closing(EvidenceBlobs(calls_to(service.new_container()), no_key)) as log,
        pytest.raises(EvidenceUnavailable, match="there is no managed identity here"),
    ):
        log.append(NAME, 0, b"one\n")


@pytest.mark.parametrize("fault", ["reset", "cut", "garble", "refuse"])
def test_a_question_is_asked_again_and_then_given_up(
    service: BlobService, log: EvidenceBlobs, fault: str
) -> None:
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")
    questions = (lambda: log.read(NAME), log.names)
    for question in questions:
        answered = question()
        getattr(service, fault)(method="GET", times=2)
        assert question() == answered
        getattr(service, fault)(method="GET", times=3)
        with pytest.raises(EvidenceUnavailable):
            question()


def test_a_blob_that_is_read_in_part_is_never_taken_for_one_that_was_changed(
    service: BlobService, log: EvidenceBlobs
) -> None:
    log.append(NAME, 0, b"one\ntwo\n")
    service.cut("ab/", method="GET", times=2)

    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


def test_no_request_could_change_what_a_blob_holds(
    service: BlobService, log: EvidenceBlobs
) -> None:
    for number in range(5):
        log.append(NAME, 4 * number, b"%03d\n" % number)
        log.create(CHECKPOINT, b"signed")
    log.read(NAME)
    log.names()

    writes = [each.request for each in service.requests if each.method not in ("GET", "HEAD")]
    assert {each.method for each in writes} == {"PUT"}
    assert all(
        "x-ms-blob-condition-appendpos" in each.headers
        if APPEND in each.target
        else each.headers.get("if-none-match") == "*"
        for each in writes
        if "restype=container" not in each.target
    )


def appends(service: BlobService) -> list[int]:
    """Return the status of every append that was handled, in order."""
    return [each.status for each in service.requests if APPEND in each.request.target]


def late(service: BlobService) -> int:
    """Count the appends that found another length."""
    return appends(service).count(412)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(400):
        if is_so():
            return
        Event().wait(0.02)
    raise AssertionError("it never was so")
