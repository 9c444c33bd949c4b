"""Every error this project raises. The type answers one question: would trying again help?

DriftError
  Unreadable           a thing a control needs cannot be read or understood: its verdict is unknown
    NotGiven             nobody tried to read it: it is not among the documents at hand
  TransientError       yes: the same call may succeed later
    SourceUnavailable    ARM, Graph or a log refused or failed to answer
    DeliveryFailed       a channel refused for now (timeout, 429, 5xx)
    Conflict             a row changed since it was read: read it again
    StoreUnavailable     the state can be neither read nor written now: do the message again
      TooManyConflicts     other processes changed the rows during every attempt to update them
    NotUnderstood        another version wrote it: keep it as it is until a version understands it
  PermanentError       no: record it, and do not ask again
    MalformedEvent       the event is not one we can understand
    DeliveryRejected     a channel will not take this message as things are (other 4xx)
  BadSettings          only an operator can help: one error names every problem
"""

from http import HTTPStatus
from typing import Any, Final

UNANSWERED: Final = 0
"""The status of a call that never got an answer: a refused connection, a reset, a time-out."""

NO_TOKEN: Final = "NoToken"  # noqa: S105 - an error code
"""The code of a SourceUnavailable, with status 401, where the identity itself got no token."""


class DriftError(Exception):
    """Root of everything raised here; never raised itself."""


class Unreadable(DriftError):
    """A related resource or a property cannot be read or understood.

    ``what`` is an id or a property path, ``why`` the cause; never the content of a resource.
    ``partial`` is what is known of a collection all the same: it proves that these exist, never
    that others do not.
    """

    def __init__(self, what: str, why: str, partial: tuple[Any, ...] = ()) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.partial = partial


class NotGiven(Unreadable):
    """A related resource is not among the documents at hand, which need not be all there is."""


class TransientError(DriftError):
    """The same call may succeed later."""


class SourceUnavailable(TransientError):
    """A source did not answer. ``status`` is its HTTP status, UNANSWERED where there was none."""

    def __init__(
        self, what: str, status: int, code: str = "", *, retry_after: float | None = None
    ) -> None:
        told = f"HTTP {status}" if status else "no answer"
        super().__init__(f"{what}: {told}{f' {code}' if code else ''}")
        self.what = what
        self.status = status
        self.code = code
        self.retry_after = retry_after


class DeliveryFailed(TransientError):
    """A channel refused for now. ``retry_after`` is in seconds, as the channel asked, or None."""

    def __init__(self, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Conflict(TransientError):
    """A row was changed by someone else since it was read; nothing of the batch was written."""


class StoreUnavailable(TransientError):
    """The state's store refused or failed to answer; whether it wrote may be unknown.

    Let it escape: the message is then done again, which is what follows a crash too. ``status`` is
    the HTTP status, UNANSWERED where there was none.
    """

    def __init__(self, what: str, status: int, code: str = "", why: str = "") -> None:
        told = f"HTTP {status}" if status else "no answer"
        super().__init__(f"{what}: {told}{f' {code}' if code else ''}{f': {why}' if why else ''}")
        self.status = status
        self.code = code


class TooManyConflicts(StoreUnavailable):
    """Every attempt of an update met a row that had changed since it was read; nothing was stored."""

    def __init__(self, what: str, attempts: int) -> None:
        why = f"the rows were changed by others during each of {attempts} attempts"
        super().__init__(what, HTTPStatus.PRECONDITION_FAILED, "TooManyConflicts", why)


class NotUnderstood(TransientError):
    """A row or a message that this version cannot read; it is kept, and tried again later.

    ``what`` is the field that is not understood, ``why`` the cause; never its content.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} is not understood: {why}")
        self.what = what
        self.why = why


class PermanentError(DriftError):
    """The same call will fail for ever."""


class MalformedEvent(PermanentError):
    """An event that can never be understood; the message says what is wrong with it."""


class DeliveryRejected(PermanentError):
    """A channel will not take the message until somebody repairs the channel or its settings.

    ``status`` is the HTTP status that said so, 0 where there was none; ``remedy`` what to do about it,
    "" where nothing more is known than the settings of the channel.
    """

    def __init__(self, why: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.remedy = remedy


class BadSettings(DriftError):
    """Settings or monitor.toml are wrong; ``problems`` names each of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
