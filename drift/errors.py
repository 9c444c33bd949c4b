"""Every error that this project raises. The type answers one question: would a retry help?

DriftError
  Unreadable           something a control needs cannot be read or understood: the verdict is unknown
    NotGiven             it is not among the given documents, and was not read
  NotYetRead           a document is read together with others; then the control is evaluated again
  TransientError       yes: the same call may succeed later
    SourceUnavailable    ARM, Graph or a log refused or failed to answer
    DeliveryFailed       a channel refused for now (timeout, 429, 5xx)
    Conflict             a row changed since it was read: read it again
    StoreUnavailable     the store can be neither read nor written now: retry the message
      TooManyConflicts     other processes changed the rows during every attempt to update them
    EvidenceUnavailable  the evidence log cannot be written or signed now: its records wait
    NotUnderstood        another version wrote it: keep it unchanged until a version understands it
      FieldMissing         no version writes it without this field
  PermanentError       no: record it, and do not retry
    MalformedEvent       no version can understand this event
    DeliveryRejected     a channel rejects this message until somebody repairs something (other 4xx)
  BadSettings          only an operator can help: one error names every problem
"""

from http import HTTPStatus
from typing import Any, Final

UNANSWERED: Final = 0
"""The status of a call without an answer: a refused connection, a reset, a time-out."""

NO_TOKEN: Final = "NoToken"  # noqa: S105 - an error code
"""The code of a SourceUnavailable with status 401 where the identity itself got no token."""


class DriftError(Exception):
    """The root of all errors of this project; never raised itself."""


class Unreadable(DriftError):
    """A related resource or a property cannot be read or understood.

    ``what`` is an id or a property path, ``why`` the cause; never the content of a resource.
    ``partial`` are the known items of a collection: they prove that these exist, and nothing about
    others.
    """

    def __init__(self, what: str, why: str, partial: tuple[Any, ...] = ()) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.partial = partial


class NotGiven(Unreadable):
    """A related resource is not among the given documents, which may be incomplete."""


class NotYetRead(DriftError):
    """A document will be read together with what other controls ask for: evaluate the control again then."""


class TransientError(DriftError):
    """The same call may succeed later."""


class SourceUnavailable(TransientError):
    """A source refused or did not answer.

    ``status`` is the HTTP status or UNANSWERED, ``retry_after`` the requested wait in seconds or None;
    ``needs`` says what the identity lacks, "" where that is not known.
    """

    def __init__(
        self,
        what: str,
        status: int,
        code: str = "",
        *,
        retry_after: float | None = None,
        needs: str = "",
    ) -> None:
        answer = f"HTTP {status}" if status else "no answer"
        lacking = f" ({needs})" if needs else ""
        super().__init__(f"{what}: {answer}{f' {code}' if code else ''}{lacking}")
        self.what = what
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.needs = needs


class DeliveryFailed(TransientError):
    """A channel refused for now; ``retry_after`` is the requested wait in seconds, or None."""

    def __init__(self, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Conflict(TransientError):
    """A row was changed by another process since it was read; nothing of the batch was written."""


class StoreUnavailable(TransientError):
    """The store of the state refused or did not answer; whether it wrote may be unknown.

    Do not catch it in a handler: the queue then delivers the message again, as after a crash. A tick
    catches it once it has moved due rows on, whose messages must still be sent.
    ``status`` is the HTTP status or UNANSWERED.
    """

    def __init__(self, what: str, status: int, code: str = "", why: str = "") -> None:
        answer = f"HTTP {status}" if status else "no answer"
        cause = f": {why}" if why else ""
        super().__init__(f"{what}: {answer}{f' {code}' if code else ''}{cause}")
        self.status = status
        self.code = code


class TooManyConflicts(StoreUnavailable):
    """Every attempt of an update met a row that had changed since it was read; nothing was stored."""

    def __init__(self, what: str, attempts: int) -> None:
        why = f"the rows were changed by others during each of {attempts} attempts"
        super().__init__(what, HTTPStatus.PRECONDITION_FAILED, "TooManyConflicts", why)


class EvidenceUnavailable(TransientError):
    """The evidence log cannot be written, read or signed; the message says why.

    If a file of it was changed, a person must act; the records wait until then. ``remedy`` is what
    to do about this cause, "" where nobody knows.
    """

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy


class NotUnderstood(TransientError):
    """A row or a message that this version cannot read; it is kept and read again later.

    ``what`` is the field that is not understood, ``why`` the cause; never its content.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} is not understood: {why}")
        self.what = what
        self.why = why


class FieldMissing(NotUnderstood):
    """A row or a message lacks a field that every version writes."""


class PermanentError(DriftError):
    """The same call will never succeed."""


class MalformedEvent(PermanentError):
    """An event that no version can understand; the message says why."""


class DeliveryRejected(PermanentError):
    """A channel rejects the message until somebody repairs the channel or its settings.

    ``status`` is the HTTP status, 0 where there was none; ``remedy`` is the repair, "" where none is
    known beyond a check of the channel's settings.
    """

    def __init__(self, why: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.remedy = remedy


class BadSettings(DriftError):
    """App settings or monitor.toml are wrong; ``problems`` has a sentence for each problem."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = tuple(
            f"{each.rstrip('.')}." if each[-1:] != "?" else each for each in problems
        )
        super().__init__(" ".join(self.problems))
