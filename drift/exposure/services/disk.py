"""Ask the activity log who requested links to download a disk. Azure does not log the use of a link."""

from collections.abc import Sequence
from typing import Final

from drift import ids
from drift.access.record import Exposure
from drift.exposure.callers import CallerKind, Use
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import arrival_of
from drift.exposure.log_proof import WHOLE
from drift.exposure.trail import Phrases, Trail, answer_of
from drift.exposure.wording import number

_CONTROL: Final = "DISK-PUBLIC-EXPORT"

_NOT_SURE: Final = "it is not known whether the subscription sent its activity log all that time"
"""Rows around a window do not show this; the control that would show it is about the subscription."""


def ask_disk(case: Case) -> Exposure:
    """Return whether links were requested: anyone with a link can download the disk from anywhere."""
    asked, disk = case.questions(), ids.key(case.resource)
    proof = asked.proof("activity_coverage", subscription=ids.subscription_of(disk))
    rows = asked.rows("disk_exports", disk=disk)
    arrival = arrival_of(case.window, proof, now=asked.now, of="subscription")
    uses = [Use.logged({**each, "Proof": "link"}, reads=each["Links"]) for each in rows or ()]
    trail = Trail(
        window=case.window,
        phrases=_PHRASES,
        coverage=asked.lack_of("disk_exports") or (arrival if arrival != WHOLE else _NOT_SURE),
        uses=None if rows is None else tuple((CallerKind.UNNAMED, each) for each in uses),
        inquiries=asked.inquiries,
    )
    return answer_of(trail, now=asked.now)


def _did(uses: Sequence[Use]) -> str:
    links = number(sum(each.reads for each in uses), "link", "links")
    return f"asked for {links} to download it (Azure does not log the use of a link)"


_PHRASES: Final = Phrases(
    caller=("caller", "callers"),
    question="whether anybody asked for a link to download it",
    nothing="no link to download it",
    did=_did,
    limit=_NOT_SURE,
)

DISK: Final = Investigation(controls=frozenset({_CONTROL}), ask=ask_disk)
