"""Which records of the logs an export takes: those of an incident, or of a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.evidence.kept_logs import KeptLog


@dataclass(frozen=True, slots=True)
class OfIncident:
    """The records of one incident, by its whole id."""

    incident: str

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the selection as the manifest has it."""
        return {"incident": self.incident}

    def chosen(self, kept: KeptLog) -> list[int]:
        """Return the indexes of its records in a log."""
        wanted = self.incident
        return [at for at, line in enumerate(kept.lines) if _of(line).get("incident") == wanted]


@dataclass(frozen=True, slots=True)
class OfTime:
    """The records between two times, and all records between them in the log."""

    since: datetime
    until: datetime

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the selection as the manifest has it."""
        return {"from": self.since.isoformat(), "to": self.until.isoformat()}

    def chosen(self, kept: KeptLog) -> list[int]:
        """Return the indexes of its records in a log, without a gap."""
        found = [at for at, line in enumerate(kept.lines) if self._has(line)]
        return list(range(found[0], found[-1] + 1)) if found else []

    def _has(self, line: bytes) -> bool:
        try:
            return self.since <= datetime.fromisoformat(str(_of(line).get("at"))) < self.until
        except (ValueError, TypeError):
            return False


def incidents_in(logs: Iterable[KeptLog], begins: str) -> list[str]:
    """Return the ids of the incidents in the logs that begin with this."""
    ids = (str(_of(line).get("incident", "")) for kept in logs for line in kept.lines)
    return list(dict.fromkeys(each for each in ids if each.startswith(begins)))


def _of(line: bytes) -> Mapping[str, Any]:
    """Return the data of a record, an empty one if the line is not a record: verification reports that."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
