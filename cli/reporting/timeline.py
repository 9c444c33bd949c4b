"""The timeline of an incident: the events in order, with their sources. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli.incident_list.clock_view import step_text
from cli.reporting.detection import detection_of
from cli.reporting.kept import Kept
from cli.reporting.values import actor_text, time_data
from drift.access.record import Exposure

Entry = Mapping[str, Any]


def timeline(kept: Kept, changes: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Return the entries, the oldest first; ``changes`` are those of the report."""
    found = [
        *_before(kept),
        *_decided(changes),
        *_delivered(kept),
        *(entry for each in kept.incident.exposures for entry in _exposed(each)),
        *_steps(kept),
    ]
    if not any(each["change"] == "opened" for each in changes):
        found.append(_entry(kept.opened_at, "incident", f"Opened. {kept.incident.reason}"))
    if kept.incident.closed_at and not any(each["closure"] for each in changes):
        closure = kept.incident.closure or "for a reason that is not known"
        found.append(_entry(kept.incident.closed_at, "incident", f"Ended: {closure}."))
    return sorted(found, key=lambda each: str(each["at"]))


def _entry(at: datetime, source: str, text: str) -> Entry:
    return {"at": time_data(at), "source": source, "text": text}


def _before(kept: Kept) -> Iterator[Entry]:
    found = detection_of(kept)
    first = next(iter(kept.incident.attributions), None)
    after = first.after if first and first.is_compared else None
    if after:
        yield _entry(
            after, "read", "The last answer of Azure before the failure, which did not show it."
        )
    if found.changed_at:
        yield _entry(found.changed_at, "event", "Azure reported the write that made the change.")


def _decided(changes: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    for each in changes:
        end = f", {each['closure']}" if each["closure"] else ""
        who = f" Actor: {actor_text(each['actor'])}, {each['standing']}." if each["actor"] else ""
        text = f"Change {each['sequence']}: {each['change']}{end}. {each['reason']}{who}"
        news = " ".join(each["news"])
        yield {
            "at": each["decidedAt"],
            "source": "decision",
            "text": f"{text} {news}".strip(),
        }


def _delivered(kept: Kept) -> Iterator[Entry]:
    for channel, times in kept.told.items():
        for sequence, at in times.items():
            yield _entry(at, "delivery", f"Change {sequence} delivered to {channel}.")


def _exposed(exposure: Exposure) -> Iterator[Entry]:
    if exposure.since:
        yield _entry(exposure.since, "exposure", "Exposed from here on, at the earliest.")
    if exposure.first:
        yield _entry(exposure.first, "exposure", "First access that was seen.")
    if exposure.last and exposure.last != exposure.first:
        yield _entry(exposure.last, "exposure", "Last access that was seen.")
    if exposure.until:
        yield _entry(exposure.until, "exposure", "The end of the exposure was read.")
    yield _entry(
        exposure.asked_at, "exposure", f"Access {exposure.access.value}: {exposure.summary}"
    )


def _steps(kept: Kept) -> Iterator[Entry]:
    for each in kept.clock.steps if kept.clock else ():
        yield _entry(each.at, "breach clock", f"Step of the breach clock: {step_text(each)}")
