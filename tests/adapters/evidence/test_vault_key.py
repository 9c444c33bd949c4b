"""A key of a key vault signs checkpoints; whatever the vault answers, no wrong signature is taken."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.azure_http.credential import azure_credential
from adapters.evidence.vault_key import VaultKey
from drift.errors import EvidenceUnavailable
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.notes import KeyKind, Note, PublicKey, signed
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.vault.key_vault import KeyVault
from sandbox.world import Sandbox
from tests.support.azure_fakes import TOKEN, fixed_credential, scripted

ROOT = Path(__file__).parents[3]
CHECKPOINT = Checkpoint("phidrift/ab/shard-3", 42, bytes(range(32)))
TEXT = CHECKPOINT.text.encode()
SCOPE = "https://vault.azure.net/.default"


@pytest.fixture
def vault(sandbox: Sandbox) -> KeyVault:
    return sandbox.vault


@pytest.fixture
def key(vault: KeyVault) -> Iterator[VaultKey]:
    with closing(opened(vault.key_id)) as key:
        yield key


def opened(key_id: str, *, read_seconds: float = 8.0) -> VaultKey:
    credential = azure_credential("", os.environ)
    return VaultKey(key_id, "phidrift", credential, SCOPE, read_seconds=read_seconds)


def note_by(key: VaultKey) -> str:
    return signed(CHECKPOINT.text, key.public, key.sign(TEXT))


def test_what_the_vault_signs_is_verified_with_the_public_key_alone(key: VaultKey) -> None:
    note, kept = note_by(key), PublicKey.parse(key.public.text)

    assert kept.kind is KeyKind.ECDSA
    assert verified(note, [kept]) == CHECKPOINT


def test_openssl_verifies_a_checkpoint_of_the_vault_as_the_page_says(
    key: VaultKey, tmp_path: Path
) -> None:
    note = Note.parse(note_by(key))
    (tmp_path / "key.txt").write_text(f"{key.public.text}\n", encoding="utf-8")
    (tmp_path / "body").write_text(note.text, encoding="utf-8")
    (tmp_path / "sig").write_bytes(note.signatures[0].data)

    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    commands = page[page.index("    cut -d+") :]
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, b"Verified OK" in done.stdout) == (0, True)


def test_the_key_is_asked_for_once_and_the_text_is_never_sent(
    vault: KeyVault, key: VaultKey
) -> None:
    for _ in range(3):
        note_by(key)

    sent = [each.request for each in vault.requests]
    assert [each.method for each in sent] == ["GET", "POST", "POST", "POST"]
    assert all(b"phidrift" not in each.body for each in sent)


def test_a_new_version_of_the_key_signs_from_the_next_start_on(
    vault: KeyVault, key: VaultKey
) -> None:
    before = note_by(key)
    vault.rotate()
    meanwhile = note_by(key)
    with closing(opened(vault.key_id)) as again:
        after, renewed = note_by(again), again.public

    assert renewed != key.public
    assert [verified(each, [key.public]) for each in (before, meanwhile)] == [CHECKPOINT] * 2
    assert verified(after, [renewed]) == CHECKPOINT


def test_an_id_that_names_a_version_keeps_to_it(vault: KeyVault) -> None:
    version = vault.newest.name
    vault.rotate()
    with closing(opened(f"{vault.key_id}/{version}")) as key:
        assert verified(note_by(key), [key.public]) == CHECKPOINT

    assert {each.path.split("/")[3] for each in vault.requests} == {version}


def is_forbidden(vault: KeyVault) -> None:
    vault.granted = False


def is_kept_out(vault: KeyVault) -> None:
    vault.refuse(status=403, code="ForbiddenByFirewall")


def is_throttled(vault: KeyVault) -> None:
    vault.refuse(status=429, code="Throttled", retry_after=10)


def is_down(vault: KeyVault) -> None:
    vault.refuse(status=503)


def resets(vault: KeyVault) -> None:
    vault.reset(times=None)


def is_something_else(vault: KeyVault) -> None:
    vault.garble(times=None)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (is_forbidden, "HTTP 403 ForbiddenByRbac: the identity lacks the role Key Vault Crypto"),
        (is_kept_out, "HTTP 403 ForbiddenByFirewall"),
        (is_throttled, "HTTP 429 Throttled"),
        (KeyVault.disable, "HTTP 403 KeyDisabled: the key is disabled"),
        (KeyVault.delete, "HTTP 404 KeyNotFound: the key was deleted"),
        (is_down, "HTTP 503"),
        (resets, "no answer"),
        (is_something_else, "UnexpectedAnswer"),
    ],
)
def test_a_key_that_cannot_be_used_is_said_and_used_again_once_it_can(
    vault: KeyVault, key: VaultKey, fault: Callable[[KeyVault], None], why: str
) -> None:
    note_by(key)
    fault(vault)
    for _ in range(2):
        with pytest.raises(EvidenceUnavailable, match=why):
            note_by(key)

    vault.clear()
    vault.granted = True
    vault.enable()
    vault.rotate()

    assert verified(note_by(key), [key.public]) == CHECKPOINT


def test_a_new_version_signs_where_the_old_one_was_disabled(vault: KeyVault, key: VaultKey) -> None:
    before = key.public
    vault.disable()
    vault.rotate()
    with pytest.raises(EvidenceUnavailable, match="KeyDisabled"):
        note_by(key)

    assert verified(note_by(key), [key.public]) == CHECKPOINT
    assert key.public != before


def test_a_vault_that_does_not_answer_in_time_is_given_up(vault: KeyVault) -> None:
    vault.stall(seconds=1.0)
    with (
        closing(opened(vault.key_id, read_seconds=0.2)) as key,
        pytest.raises(EvidenceUnavailable, match="no answer"),
    ):
        note_by(key)


def test_an_identity_without_a_token_is_said(
    vault: KeyVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "other")
    with (
        closing(opened(vault.key_id)) as key,
        pytest.raises(EvidenceUnavailable, match="there is no managed identity here"),
    ):
        note_by(key)


P_256 = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
VERSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": {}},
        {"key": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "OWN"}},
        {"key": {**P_256, "crv": "P-384", "kid": "OWN"}},
        {"key": {**P_256, "kid": "OWN"}},
        {"key": {**P_256, "kid": "https://vault.evil.example/keys/evidence/" + VERSION}},
    ],
    ids=["nothing", "empty", "rsa", "curve", "point", "elsewhere"],
)
def test_an_answer_that_is_no_key_of_p_256_of_this_id_is_refused(
    sandbox: Sandbox, body: dict[str, dict[str, str]]
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        own = f"{far.base_url}/keys/evidence/{VERSION}"
        if body.get("key", {}).get("kid") == "OWN":
            return json_answer(200, {"key": {**body["key"], "kid": own}})
        return json_answer(200, body)

    with scripted(sandbox, answer) as far:
        key = VaultKey(f"{far.base_url}/keys/evidence", "phidrift", fixed_credential(), SCOPE)
        with closing(key), pytest.raises(EvidenceUnavailable, match="not a key of P-256") as caught:
            note_by(key)

    assert {each.headers["authorization"] for each in asked} == {f"Bearer {TOKEN}"}
    assert TOKEN not in str(caught.value)
