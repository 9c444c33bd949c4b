"""Replaces the composition root: a monitor that records its calls, and fails when the test says so."""

import os
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """Texts for the queues ``changes``, ``deliveries`` and ``background``."""

    changes: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    background: tuple[str, ...] = ()


class Monitor:
    """Answers each call with its own name and its arguments; on "fail" it raises."""

    def intake(self, body: str) -> tuple[str, ...]:
        """Send one message, or none for an event to be dropped."""
        return () if "unwatched" in body else (_checked(body),)

    def evaluate(self, message: str) -> Work:
        """Send to both queues."""
        return Work((_checked(message), "wake"), ("deliver 1", "deliver 2"))

    def deliver(self, message: str) -> Work:
        """Send to one queue."""
        return Work((f"delivered {_checked(message)}",))

    def background(self, message: str) -> Work:
        """Send to one queue."""
        return Work(background=(f"done {_checked(message)}",))

    def poisoned(self, queue: str, message: str) -> Work:
        """Say which queue it was."""
        return Work((), (f"{queue} gave up {_checked(message)}",))

    def sweep(self) -> Work:
        """Begin a sweep."""
        _checked(os.environ.get("FAKE_STATE", ""))
        return Work(background=("sweep",))

    def watch_logs(self) -> Work:
        """Send a change that a log shows, and a report."""
        _checked(os.environ.get("FAKE_STATE", ""))
        return Work(("logged",), background=("blind",))

    def note_running(self) -> None:
        """Note that the monitor runs."""

    def tick(self) -> Work:
        """Send what is due."""
        _checked(os.environ.get("FAKE_STATE", ""))
        return Work(("due",), ("due",), ("due",))


def monitor() -> Monitor:
    """Return the monitor."""
    return Monitor()


def health(asked: Callable[[], Monitor]) -> dict[str, object]:
    """Be well."""
    _checked(f"{asked()}{os.environ.get('FAKE_STATE', '')}")
    return {"status": "ok", "queues": {"changes": {"waiting": 1, "running": 0}}, "due": 0}


def runbook(control_id: str) -> str | None:
    """Know one page."""
    return "What to do" if control_id == "STORAGE-TLS" else None


def _checked(text: str) -> str:
    if "fail" in text:
        raise ValueError(text)
    return text
