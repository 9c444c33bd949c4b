"""Everything that a monitor sends, stores, writes and prints, in readable form."""

import json
import logging
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bootstrap
from cli.__main__ import main
from cli.logs import JsonFormatter, TextFormatter
from drift.queues.outbound import Outbound
from drift.state.incident_ids import incident_id
from sandbox.channels.sink import Sink
from sandbox.clinic.ids import INTAKE
from tests.support.evidence import evidence_in, keep_evidence
from tests.support.exposed_clinic import ExposedClinic, exposed_clinic

CHANNELS = ("teams", "pagerduty", "splunk", "sentinel", "topic", "webhook")

STEPS = (
    ("discover", "--basis", "confirmed"),
    ("assess", "--factor", "acquired-or-viewed", "--evidence", "record 17"),
)
"""Steps of the breach clock, so that it is in every output."""


class Outputs:
    """What left a monitor so far, by where it went."""

    def __init__(
        self,
        clinic: ExposedClinic,
        folder: Path,
        log: pytest.LogCaptureFixture,
        printed: pytest.CaptureFixture[str],
    ) -> None:
        self._clinic = clinic
        self._folder = folder
        self._log = log
        self._printed = printed
        self._queued: list[str] = []
        clinic.rig.on_work = self._queue

    def collect(self) -> dict[str, str]:
        """Return every output by its name; a command that fails is an error of the test."""
        about = self._clinic.incident
        incident = incident_id(about.control_id, about.resource_id, about.number)
        for each in STEPS:
            self._run(
                "incidents", each[0], incident, "--by", "R. Ortiz", "--reason", "17", *each[1:]
            )
        self._clinic.rig.later(minutes=65)
        days = ("--from", "2026-11-20", "--to", "2026-11-21")
        return {
            **{f"channel {name}": _sent(getattr(self._clinic.azure, name)) for name in CHANNELS},
            **self._logs(),
            "queues": "\n".join(self._queued),
            "state": self._clinic.stored(),
            "evidence log": _files(self._folder / "log"),
            "archive": self._archive(incident),
            "verify": self._run("evidence", "verify"),
            "incidents list": self._run("incidents", "list", "--all"),
            "incidents list --json": self._run("incidents", "list", "--all", "--json"),
            "incidents show": self._run("incidents", "show", incident),
            "incidents show --json": self._run("incidents", "show", incident, "--json"),
            "explain": self._run("explain", INTAKE),
            "explain --json": self._run("explain", INTAKE, "--json"),
            "scan": self._run("scan", "--format", "table", code=1),
            "scan as JSON": self._run("scan", "--all", "--format", "jsonl", code=1),
            "report": self._run("report", "--incident", incident),
            "report as JSON": self._run("report", "--incident", incident, "--format", "json"),
            "report of a period": self._run("report", *days),
            "report of a period as JSON": self._run("report", *days, "--format", "json"),
            "health": json.dumps(bootstrap.health(lambda: self._clinic.rig.monitor), default=str),
        }

    def _queue(self, work: Outbound) -> None:
        self._queued += [*work.changes, *work.deliveries, *work.background]

    def _logs(self) -> dict[str, str]:
        """Return every line of every logger, in both formats."""
        formats = {"log": TextFormatter(), "log as JSON": JsonFormatter()}
        return {
            name: "\n".join(map(each.format, self._log.records)) for name, each in formats.items()
        }

    def _archive(self, incident: str) -> str:
        """Return all that an archive of the incident holds, but for the program that verifies it."""
        path = self._folder / "archive.zip"
        said = self._run("evidence", "export", "--incident", incident, "--out", str(path))
        with zipfile.ZipFile(path) as files:
            names = [each for each in files.namelist() if not each.endswith(".py")]
            return "\n".join([said, *names, *(files.read(each).decode() for each in names)])

    def _run(self, *arguments: str, code: int = 0) -> str:
        """Return what a command prints, which must end with this code."""
        self._printed.readouterr()
        ended = main(arguments)
        printed = self._printed.readouterr()
        assert ended == code, printed.err
        return printed.out + printed.err


def found(outputs: Mapping[str, str], names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names in each output, in any case."""
    lower = {name: text.lower() for name, text in outputs.items()}
    there = {name: [each for each in names if each.lower() in lower[name]] for name in lower}
    return {name: each for name, each in there.items() if each}


def _sent(end: Sink) -> str:
    """Return every request that a channel's far end got: its address, headers and body."""
    return "\n".join(
        f"{each.request.target} {dict(each.request.headers)} {each.request.body.decode()}"
        for each in end.requests
    )


def _files(folder: Path) -> str:
    paths = sorted(each for each in folder.rglob("*") if each.is_file())
    return "\n".join(f"{each.name} {each.read_text(encoding='utf-8')}" for each in paths)


@contextmanager
def watched_outputs(
    folder: Path,
    patch: pytest.MonkeyPatch,
    log: pytest.LogCaptureFixture,
    printed: pytest.CaptureFixture[str],
) -> Iterator[tuple[ExposedClinic, Outputs]]:
    """Yield the clinic with a monitor that has every channel, an evidence log and a state in files."""
    with exposed_clinic(("STORAGE-", "PHI-TAG"), folder) as clinic:
        environment = {
            **clinic.azure.environment(every_channel=True),
            "STATE_STORE": f"sqlite:{folder / 'state.db'}",
            "EVIDENCE_STORE": f"file:{folder / 'log'}",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        keep_evidence(clinic.rig, evidence_in(folder))
        settings, _ = bootstrap.load_configuration(environment)
        channels, close = bootstrap.channels(settings)
        clinic.rig.change(channels=channels)
        clinic.azure.webhook.clock = lambda: datetime.now(UTC)  # by which messages are signed
        log.set_level(logging.DEBUG)
        try:
            yield clinic, Outputs(clinic, folder, log, printed)
        finally:
            close()
