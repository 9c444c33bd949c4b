"""``phidrift evidence`` on the log of a monitor: export, the archive's own verifier, verify."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main
from drift.breach.clock import Basis
from drift.breach_clock.record import Action, ClockStep
from drift.breach_clock.steps import take_step
from drift.config.model import Breach
from drift.evidence.archive_scope import NOT_COUNTED
from drift.evidence.kept_logs import kept_keys
from drift.evidence.log_names import ShardLog
from drift.notices import Notice
from drift.state.incident_record import load_incident
from tests.support.evidence import checkpoint_files, day_files, evidence_in, keep_evidence
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

Printed = tuple[int, str, str]
Evidence = Callable[..., Printed]


@pytest.fixture
def evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Evidence:
    """Return what runs the command beside the monitor."""

    def run(*arguments: str) -> Printed:
        monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
        monkeypatch.setenv("EVIDENCE_STORE", f"file:{tmp_path / 'log'}")
        monkeypatch.chdir(tmp_path)
        code = main(["evidence", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def notice(rig: Rig, tmp_path: Path) -> Notice:
    """Return the end of an incident whose evidence is written and signed."""
    keep_evidence(rig, evidence_in(tmp_path))
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=3)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=65)
    return rig.splunk.told[-1][0]


def test_an_incident_is_exported_and_verified_by_its_archive_alone_and_by_the_command(
    notice: Notice, evidence: Evidence, tmp_path: Path
) -> None:
    code, out, err = evidence("export", "--incident", notice.incident_id[:12])
    archive = f"evidence-{notice.incident_id[:12]}.zip"
    (key,) = kept_keys(evidence_in(tmp_path))
    signed = tmp_path / "log" / checkpoint_files(evidence_in(tmp_path))[-1]
    arguments = ("--key", key.text, "--checkpoint", str(signed))
    alone = subprocess.run(
        [sys.executable, "-I", archive, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={},
        check=False,
    )

    assert (code, err) == (0, "")
    assert out.startswith(f"{archive}: 8 records; verify it: python3 -I ")
    (about, places, *rest), where = alone.stdout.splitlines(), notice.incident_id
    assert (alone.returncode, alone.stderr) == (0, "")
    assert about.startswith(f"proven: the records are of incident {where}: 2 of kind change, ")
    assert places.endswith(": records 1 to 8 of 8 signed, without a gap")
    assert rest == [f"not proven: {NOT_COUNTED}", "OK: 8 records are as they were signed"]
    assert evidence("verify", archive, *arguments) == (0, alone.stdout, "")


def test_the_archive_of_an_incident_holds_the_steps_of_its_breach_clock(
    notice: Notice, rig: Rig, evidence: Evidence, tmp_path: Path
) -> None:
    incident = load_incident(rig.store, ACCOUNT, notice.control_id, 1)
    assert incident
    step = ClockStep(
        action=Action.DISCOVER, by="R. Ortiz", reason="see", at=rig.clock(), basis=Basis.PRESUMED
    )
    take_step(rig.store, incident, step, Breach(), app=rig.services.facts)
    rig.later(minutes=65)
    evidence("export", "--incident", notice.incident_id)
    archive = f"evidence-{notice.incident_id[:12]}.zip"
    with zipfile.ZipFile(tmp_path / archive) as files:
        names = [each for each in files.namelist() if each.startswith("records/")]
        records = [json.loads(files.read(each)) for each in names]

    (kept,) = (each for each in records if each["kind"] == "step")
    assert (kept["step"]["by"], kept["clock"]["stage"]) == ("R. Ortiz", "discovered")
    assert evidence("verify", archive)[0] == 0


def test_an_archive_with_a_changed_record_is_refused_by_itself_and_by_the_command(
    notice: Notice, evidence: Evidence, tmp_path: Path
) -> None:
    evidence("export", "--incident", notice.incident_id, "--out", "true.zip")
    with (
        zipfile.ZipFile(tmp_path / "true.zip") as true,
        zipfile.ZipFile(tmp_path / "forged.zip", "w") as forged,
    ):
        for name in true.namelist():
            content = true.read(name)
            is_record = name.startswith("records/")
            forged.writestr(name, content.replace(b"dana", b"mary") if is_record else content)
    alone = subprocess.run(
        [sys.executable, "-I", "forged.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={},
        check=False,
    )

    assert alone.returncode == 1
    assert "the record is not the one that was signed" in alone.stdout
    assert alone.stdout.endswith("FAILED: do not rely on this evidence\n")
    assert evidence("verify", "forged.zip") == (1, alone.stdout, "")


def test_a_time_is_exported_without_a_gap(notice: Notice, evidence: Evidence) -> None:
    times = ("--from", "2026-11-20", "--to", "2026-11-21T00:00:00+00:00")

    assert evidence("export", *times, "--out", "day.zip")[1].startswith("day.zip: 8 records;")
    assert evidence("verify", "day.zip")[1].endswith("OK: 8 records are as they were signed\n")
    assert evidence("export", "--from", "2027-01-01", "--to", "2027-01-02")[0] == 1


def test_the_whole_log_is_verified_and_a_changed_line_is_found(
    notice: Notice, evidence: Evidence, tmp_path: Path
) -> None:
    code, out, _ = evidence("verify")
    path = tmp_path / "log" / day_files(evidence_in(tmp_path))[0]
    path.write_bytes(path.read_bytes().replace(b"dana", b"mary"))
    changed, found, _ = evidence("verify")

    assert (code, out.splitlines()[-1]) == (0, "OK: 8 records are as they were signed")
    assert changed == 1
    assert "one was changed, removed, added or moved" in found
    assert evidence("export", "--incident", notice.incident_id)[0] == 1


def test_a_log_that_is_gone_is_no_success(
    notice: Notice, evidence: Evidence, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    checkpoint = log / checkpoint_files(evidence_in(tmp_path))[-1]
    (tmp_path / "kept.txt").write_bytes(checkpoint.read_bytes())
    shard = ShardLog.of_checkpoint(checkpoint.relative_to(log).as_posix())
    for each in [*log.rglob("*.jsonl"), *log.rglob("checkpoints/*")]:
        each.unlink()

    assert shard is not None
    assert evidence("verify")[0] == 1
    assert (
        f"{shard.origin}: the whole log is missing"
        in evidence("verify", "--checkpoint", "kept.txt")[1]
    )


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("export",), 2, "needs --incident ID, or --from and --to"),
        (("export", "--incident", "nobody"), 2, "needs 8 to 64 hexadecimal digits"),
        (("export", "--incident", "00000000"), 1, "no record belongs to an incident 00000000"),
        (("export", "--from", "yesterday", "--to", "2026-11-21"), 2, "--from needs a date"),
        (("export", "--from", "2026-11-21", "--to", "2026-11-20"), 2, "later than --from"),
        (("verify", "nowhere.zip"), 1, "nowhere.zip: No such file"),
        (("verify", "--key", "swordfish+x"), 1, "a public key is of an unknown kind"),
        (("verify",), 1, "there is no evidence log in EVIDENCE_STORE"),
    ],
)
def test_what_cannot_be_done_is_said(
    evidence: Evidence, arguments: tuple[str, ...], code: int, why: str
) -> None:
    ended, out, err = evidence(*arguments)

    assert (ended, out) == (code, "")
    assert why in err
