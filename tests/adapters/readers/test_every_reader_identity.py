"""The identity: every reader of ARM asks with the token of the app alone, and replaces a refused one."""

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from adapters.azure_http.credential import FORGET_SECONDS, azure_credential
from sandbox.world import Sandbox
from tests.adapters.readers.reader_kinds import Opened, ReaderKind
from tests.support.azure_fakes import ARM_SCOPE, refusal_of


def test_a_netrc_file_does_not_replace_the_token(
    reader: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ReaderKind
) -> None:
    (tmp_path / "netrc").write_text("default login dana password swordfish\n", encoding="utf-8")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert reader.get(kind.document).body is not None


def test_an_identity_that_gets_no_token_is_unavailable(
    sandbox: Sandbox, reader: Opened, kind: ReaderKind
) -> None:
    sandbox.identity.refuse(status=400)

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.what, error.status, error.code) == (kind.document, 401, "NoToken")
    assert sandbox.arm.count() == 0


def test_a_token_that_was_revoked_is_replaced_after_one_refusal(
    sandbox: Sandbox, kind: ReaderKind
) -> None:
    ahead = [0.0]
    identity = azure_credential("", os.environ, clock=lambda: time.time() + ahead[0])
    sandbox.place({"id": kind.document, "properties": {}})
    reader = kind.open(identity, endpoint=sandbox.arm.base_url, scope=ARM_SCOPE)
    with closing(identity), closing(reader):
        reader.get(kind.document)
        sandbox.tokens.revoke()
        ahead[0] = FORGET_SECONDS

        assert refusal_of(lambda: reader.get(kind.document)).status == 401
        assert reader.get(kind.document).body is not None
    assert sandbox.identity.count() == 2
