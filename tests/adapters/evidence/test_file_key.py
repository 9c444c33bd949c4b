import base64
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.evidence import file_key
from adapters.evidence.file_key import FileKey
from drift.errors import BadSettings
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.notes import Note, signed

CHECKPOINT = Checkpoint("phi-drift-monitor/evidence/03", 42, bytes(range(32)))


@pytest.fixture
def key(tmp_path: Path) -> FileKey:
    file_key.make(tmp_path / "state" / "signing.pem")
    return FileKey(tmp_path / "state" / "signing.pem", "phi-drift-monitor/evidence")


def test_what_the_key_signs_is_verified_with_its_public_key_alone(key: FileKey) -> None:
    note = signed(CHECKPOINT.text, key.public, key.sign(CHECKPOINT.text.encode()))

    assert verified(note, [key.public]) == CHECKPOINT


def test_openssl_verifies_a_checkpoint(key: FileKey, tmp_path: Path) -> None:
    note = Note.parse(signed(CHECKPOINT.text, key.public, key.sign(CHECKPOINT.text.encode())))
    (tmp_path / "public.pem").write_bytes(
        Ed25519PublicKey.from_public_bytes(key.public.data).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    (tmp_path / "body").write_text(note.text, encoding="utf-8")
    (tmp_path / "signature").write_bytes(note.signatures[0].data)

    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in body -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)

    assert (done.returncode, b"Verified Successfully" in done.stdout) == (0, True)


def test_the_file_is_made_once_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    file_key.make(path)
    first = FileKey(path, "log").public
    file_key.make(path)

    assert FileKey(path, "log").public == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["signing.pem"]


def test_a_file_without_a_key_is_refused_and_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    path.write_bytes(base64.b64encode(b"secret of another service"))

    with pytest.raises(BadSettings, match="without a private key") as refused:
        FileKey(path, "log")
    assert "c2Vj" not in str(refused.value)


def test_a_key_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    with pytest.raises(BadSettings, match="not of Ed25519"):
        FileKey(path, "log")
