"""Faults on request: their kind, the requests they affect, and how often."""

import enum
import threading
from dataclasses import dataclass

from sandbox.http.messages import Answer, Request, path_matches


class FaultKind(enum.Enum):
    """The kind of a fault."""

    REFUSE = "an answer is given, the request is not handled"
    RESET = "the connection is reset before the request is handled"
    RESET_AFTER = "the request is handled, then the connection is reset"
    CUT = "the answer ends in the middle of its body"
    STALL = "nothing is said for a while, then the request is handled"
    GARBLE = "the answer's body is no JSON"


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault for requests that match, ``times`` times (None: until cleared)."""

    kind: FaultKind
    match: str = ""
    method: str = ""
    times: int | None = None
    answer: Answer | None = None
    seconds: float = 0.0

    def hits(self, request: Request) -> bool:
        """Tell whether the fault affects this request, by method and path."""
        if self.method and self.method.upper() != request.method:
            return False
        return path_matches(self.match, request.path) or path_matches(self.match, request.target)


class Faults:
    """The faults of one endpoint; the first that matches is taken."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, request: Request) -> Fault | None:
        """Return the fault that hits this request, if any, and count it."""
        with self._lock:
            fault = next((each for each in self._faults if each.hits(request)), None)
            if fault is None or fault.times is None:
                return fault
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
            return fault
