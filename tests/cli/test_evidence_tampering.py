"""Each way to tamper with evidence of a real incident is found: in the log and in an archive.

In an archive it is found by the command and by the archive's own verifier alone. The attacker knows the
format, so the manifest is made to fit.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.__main__ import main
from cli.evidence_archive.verifier_files import verifier_files
from drift.evidence.archive import MANIFEST, LogPart, archive_files, manifest
from drift.evidence.checkpoints import Checkpoint
from drift.evidence.kept_logs import KeptLog, kept_keys, kept_logs
from drift.evidence.merkle import leaf_hash, root
from drift.evidence.notes import KeyKind, PublicKey, signed
from tests.support.evidence import day_files, evidence_in, keep_evidence
from tests.support.open_account import OPEN, broken, mended, place
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

Files = dict[str, bytes]
DOCUMENTED = Path(__file__).parents[2] / "docs" / "evidence.md"


@dataclass(frozen=True, slots=True)
class Case:
    """An incident in a signed log, its archive, and the key that its operator noted."""

    folder: Path
    incident: str
    log: KeptLog
    keys: tuple[PublicKey, ...]
    archive: Mapping[str, bytes]

    @property
    def newest(self) -> tuple[Checkpoint, str]:
        return self.log.signed(self.keys)[-1]

    def about(self) -> dict[str, object]:
        found = json.loads(self.archive[MANIFEST])
        return {name: each for name, each in found.items() if name not in ("files", "format")}

    def archived(self, log: KeptLog, keys: tuple[PublicKey, ...]) -> Files:
        """Return an archive of the incident from another log."""
        chosen = [at for at, line in enumerate(log.lines) if self.incident.encode() in line]
        part = LogPart(log.log, log.lines, log.signed(keys), chosen)
        return dict(archive_files([part], keys, self.about(), verifier_files()))

    def refitted(self, files: Files) -> Files:
        """Return an archive with a manifest that fits its files."""
        others = {name: each for name, each in files.items() if name != MANIFEST}
        return {**others, MANIFEST: manifest(others, self.about())}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("evidence")
    rig = Rig(folder)
    place(rig)
    rig.only(OPEN)
    keep_evidence(rig, evidence_in(folder))
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=65)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=65)
    incident = rig.splunk.told[-1][0].incident_id
    rig.close()
    files = evidence_in(folder)
    (log,) = (each for each in kept_logs(files) if each.lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
        patch.setenv("EVIDENCE_STORE", f"file:{folder / 'log'}")
        patch.chdir(folder)
        assert main(["evidence", "export", "--incident", incident, "--out", "true.zip"]) == 0
        with zipfile.ZipFile(folder / "true.zip") as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        case = Case(folder, incident, log, tuple(kept_keys(files)), content)
        (folder / "known.txt").write_text(case.newest[1], encoding="utf-8")
        yield case


def records(files: Mapping[str, bytes]) -> list[str]:
    return sorted(each for each in files if each.startswith("records/"))


def proof_of(record: str) -> str:
    return record.replace("records/", "proofs/").replace(".json", ".txt")


def as_it_was(case: Case) -> Files:
    return dict(case.archive)


def changed(case: Case) -> Files:
    name = records(case.archive)[1]
    return case.refitted({**case.archive, name: case.archive[name].replace(b"2026", b"2025", 1)})


def missing(case: Case) -> Files:
    kinds = {each: json.loads(case.archive[each])["kind"] for each in records(case.archive)}
    name = next(each for each, kind in kinds.items() if kind == "change")
    gone = (name, proof_of(name))
    return case.refitted({each: case.archive[each] for each in case.archive if each not in gone})


def swapped(case: Case) -> Files:
    one, other = records(case.archive)[:2]
    files = {**case.archive, one: case.archive[other], other: case.archive[one]}
    return case.refitted(files)


def computed_again(case: Case) -> Files:
    """Return the archive of a forged log: whole, with a key, checkpoints and proofs that fit it."""
    lines = [each.replace(b"dana", b"mary") for each in case.log.lines]
    thief, notes = signed_by_a_thief(case, lines)
    return case.archived(replace(case.log, lines=tuple(lines), notes=notes), (thief,))


def signed_by_a_thief(case: Case, lines: Sequence[bytes]) -> tuple[PublicKey, dict[str, str]]:
    """Return another key of the same name, and its checkpoint of these lines."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    thief = PublicKey("phidrift", KeyKind.ED25519, key.public_key().public_bytes_raw())
    tree = root([leaf_hash(each) for each in lines])
    text = Checkpoint(case.log.log.origin, len(lines), tree).text
    note = signed(text, thief, key.sign(text.encode()))
    return thief, {case.log.log.checkpoint(len(lines)): note}


def without_its_end(case: Case) -> Files:
    """Return the archive that was true an hour before: an older checkpoint, and nothing after it."""
    older, note = case.log.signed(case.keys)[-2]
    notes = {case.log.log.checkpoint(older.size): note}
    return case.archived(
        replace(case.log, lines=case.log.lines[: older.size], notes=notes), case.keys
    )


FOUND: dict[Callable[[Case], Files], str] = {
    changed: "the record is not the one that was signed: it was changed or moved",
    missing: "change 1 of the incident is missing",
    swapped: "the record is not the one that was signed: it was changed or moved",
    computed_again: "the note is signed by none of the given keys",
    without_its_end: "the tail was cut, or the archive was made before",
}


def given(case: Case) -> tuple[str, ...]:
    """Return what an auditor was given apart from the archive: the key, and a checkpoint."""
    return ("--key", case.keys[0].text, "--checkpoint", str(case.folder / "known.txt"))


def written(case: Case, files: Files) -> Path:
    path = case.folder / "checked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def by_itself(case: Case, files: Files, *arguments: str) -> tuple[int, str]:
    """Run the verifier inside of an archive, with Python alone."""
    done = subprocess.run(
        [sys.executable, "-I", str(written(case, files)), *arguments],
        capture_output=True,
        text=True,
        env={},
        cwd=case.folder,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def by_command(case: Case, files: Files, *arguments: str) -> tuple[int, str]:
    """Run the command of an installation on an archive."""
    path = written(case, files)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "evidence", "verify", str(path), *arguments],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


verifiers = pytest.mark.parametrize(
    "verify", [by_itself, by_command], ids=lambda each: each.__name__
)


@verifiers
def test_an_archive_as_it_was_written_verifies(
    case: Case, verify: Callable[..., tuple[int, str]]
) -> None:
    code, said = verify(case, as_it_was(case), *given(case))

    assert (code, "problem" in said) == (0, False)


@verifiers
@pytest.mark.parametrize("tamper", FOUND, ids=lambda each: each.__name__)
def test_tampering_with_an_archive_is_found(
    case: Case, tamper: Callable[[Case], Files], verify: Callable[..., tuple[int, str]]
) -> None:
    code, said = verify(case, tamper(case), *given(case))

    assert code == 1
    assert FOUND[tamper] in said
    assert said.endswith("FAILED: do not rely on this evidence\n")


@verifiers
@pytest.mark.parametrize(
    ("tamper", "limit"),
    [
        (computed_again, "not proven: that the key kept with the evidence is the monitor's"),
        (without_its_end, "whether records were cut off at the end together with the checkpoints"),
    ],
    ids=["computed again", "without its end"],
)
def test_what_an_archive_alone_cannot_show_is_said(
    case: Case,
    tamper: Callable[[Case], Files],
    limit: str,
    verify: Callable[..., tuple[int, str]],
) -> None:
    code, said = verify(case, tamper(case))

    assert code == 0
    assert limit in said


def changed_line(lines: list[bytes]) -> list[bytes]:
    return [each.replace(b"dana", b"mary") for each in lines]


def moved_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:1], *lines[2:], lines[1]]


def missing_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:1], *lines[2:]]


def swapped_lines(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def cut_lines(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


NOT_THOSE = "are not those that"
LESS = "the tail was cut"


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (changed_line, NOT_THOSE),
        (moved_line, NOT_THOSE),
        (missing_line, f"{NOT_THOSE}|{LESS}"),
        (swapped_lines, NOT_THOSE),
        (cut_lines, LESS),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
@pytest.mark.parametrize("is_signed_again", [False, True], ids=["", "signed by a thief"])
def test_tampering_with_the_log_is_found(
    case: Case,
    tamper: Callable[[list[bytes]], list[bytes]],
    problem: str,
    is_signed_again: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(case.folder / "log", tmp_path / "log")
    (name,) = day_files(evidence_in(tmp_path))
    lines = tamper((tmp_path / "log" / name).read_bytes().splitlines())
    (tmp_path / "log" / name).write_bytes(b"".join(each + b"\n" for each in lines))
    if is_signed_again:
        sign_again(case, tmp_path / "log", lines)
    monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
    monkeypatch.setenv("EVIDENCE_STORE", f"file:{tmp_path / 'log'}")
    monkeypatch.chdir(tmp_path)
    code = main(["evidence", "verify", *given(case)])
    said = capsys.readouterr().out

    assert code == 1
    assert re.search(problem, said)
    assert said.endswith("FAILED: do not rely on this evidence\n")
    assert ("signed by none of the given keys" in said) is is_signed_again


def sign_again(case: Case, log: Path, lines: list[bytes]) -> None:
    """Replace the checkpoints by one of these lines, and the key by that of its signature."""
    for each in (*log.rglob("checkpoints/*"), *log.rglob("keys/*")):
        each.unlink()
    thief, notes = signed_by_a_thief(case, lines)
    for name, note in {
        f"{case.log.log.log}/keys/{thief.id.hex()}.txt": thief.text,
        **notes,
    }.items():
        (log / name).write_text(note, encoding="utf-8")


COMMANDS = ("head ", "sed ", "(printf ", "openssl pkeyutl ")


def test_openssl_verifies_a_checkpoint_of_the_archive_as_the_documentation_says(
    case: Case, tmp_path: Path
) -> None:
    documented = [line.strip() for line in DOCUMENTED.read_text().splitlines()]
    commands = [each for each in documented if each.startswith(COMMANDS)]
    checkpoint = max(each for each in case.archive if each.startswith("checkpoints/"))
    key = next(each for each in case.archive if each.startswith("keys/"))
    (tmp_path / "checkpoint.txt").write_bytes(case.archive[checkpoint])
    (tmp_path / "key.txt").write_bytes(case.archive[key])
    done = run(commands, tmp_path)
    (tmp_path / "checkpoint.txt").write_bytes(
        case.archive[checkpoint].replace(b"shard-", b"shard=")
    )
    forged = run(commands, tmp_path)

    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n")
    assert forged.returncode != 0


def run(commands: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-ec", "\n".join(commands)], cwd=folder, capture_output=True, text=True, check=False
    )
