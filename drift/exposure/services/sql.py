"""Ask the audit records of a SQL server who logged on from outside, and how much was returned.

The queries return no statements and no names of users or databases.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from drift import ids
from drift.access.record import Exposure
from drift.exposure.callers import Use, kind_by_address
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import coverage_of
from drift.exposure.questions import LogRow
from drift.exposure.trail import OUTSIDE, Phrases, Trail, answer_of
from drift.exposure.wording import number

_CONTROL: Final = "SQL-PUBLIC-ACCESS"

_LOGGING: Final = "SQL-AUDITING"
"""The control that requires the server to audit every logon and every statement."""


def ask_sql(case: Case) -> Exposure:
    """Return whether somebody logged on or ran statements from outside."""
    asked, server = case.questions(), ids.key(case.resource)
    proof = asked.proof("sql_coverage", server=server)
    rows = asked.rows("sql_use", server=server)
    logging = case.controls.get(_LOGGING)
    coverage = coverage_of(case.window, logging, proof, now=asked.now, of="server")
    uses = [_use(each) for each in rows or ()]
    trail = Trail(
        window=case.window,
        phrases=_PHRASES,
        coverage=asked.lack_of("sql_use") or coverage,
        uses=None
        if rows is None
        else tuple((kind_by_address(each.address, case.own), each) for each in uses),
        inquiries=asked.inquiries,
    )
    return answer_of(trail, now=asked.now)


def _use(row: LogRow) -> Use:
    """Return what one address did; ``size`` is the number of rows that it was sent."""
    done = Use.logged({**row, "Proof": "SQL"}, reads=row["Logons"] + row["Statements"])
    return replace(done, size=row["Returned"])


def _did(uses: Sequence[Use]) -> str:
    times = number(sum(each.reads for each in uses), "time", "times")
    returned = number(sum(each.size for each in uses), "row", "rows")
    return f"logged on or ran statements {times} ({returned} returned)"


_PHRASES: Final = Phrases(
    caller=(f"address {OUTSIDE}", f"addresses {OUTSIDE}"),
    question=f"whether anybody {OUTSIDE} logged on",
    nothing=f"no logon from {OUTSIDE}",
    did=_did,
    limit="auditing leaves out records where a server is very busy",
)

SQL: Final = Investigation(controls=frozenset({_CONTROL}), ask=ask_sql)
