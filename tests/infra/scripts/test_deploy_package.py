"""The package is sent as it is, with consent, and counts as deployed only once Azure says so."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.scripts import deploy_package
from infra.scripts.console import Failed
from infra.scripts.deploy_package import Http, Tools
from tests.infra.scripts.people import Terminal

SITE = "app.scm.example"


def zip_of(*names: str) -> bytes:
    """Return a zip with files of these names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for each in names:
            package.writestr(each, "x = 1")
    return written.getvalue()


ZIP = zip_of("function_app.py", "host.json")


class World:
    """An app whose deployment site answers a post, and then these states, the last one for ever."""

    def __init__(self, *states: int | None, accepted: int = 202) -> None:
        self._states, self._accepted = list(states), accepted
        self._now = 0.0
        self.posts: list[tuple[str, str, bytes | None]] = []
        self.tools = Tools(self._az, self._connect, lambda: self._now, self._sleep)

    def _az(self, arguments: Sequence[str]) -> str:
        answers = {"functionapp show": SITE, "account get-access-token": "the-token"}
        return json.dumps(answers[" ".join(arguments[:2])])

    def _connect(self, token: str) -> Http:
        assert token == "the-token"
        return self._call

    def _call(self, method: str, host: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        if method == "POST":
            self.posts.append((host, path, body))
            return self._accepted, b"busy"
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return (404, b"") if state is None else (200, json.dumps({"status": state}).encode())

    def _sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "x.zip"
    path.write_bytes(ZIP)
    return path


def run(package: Path, terminal: Terminal, world: World, *more: str) -> int:
    words = ["--group", "rg", "--app", "app", "--package", str(package), *more]
    return deploy_package.run(deploy_package.parsed(words), terminal.console, world.tools)


def test_the_zip_is_sent_as_it_is_and_azure_is_told_not_to_build(package: Path) -> None:
    world = World(0, None, 1, 4)

    assert run(package, Terminal("yes"), world) == 0
    [(host, path, body)] = world.posts
    assert (host, body) == (SITE, ZIP)
    assert "RemoteBuild=false" in path


def test_nothing_is_sent_without_consent_or_in_a_dry_run(package: Path) -> None:
    world = World(4)

    assert run(package, Terminal("no"), world) == 1
    assert run(package, Terminal(dry_run=True), world) == 0
    assert run(package, Terminal(dry_run=True), world, "--yes") == 0
    assert world.posts == []


def test_a_workflow_is_not_asked(package: Path) -> None:
    world, terminal = World(4), Terminal()

    assert run(package, terminal, world, "--yes") == 0
    assert len(world.posts) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (3, "failed"),
        (-1, "cancelled"),
        (5, "another deployment"),
        (6, "in part"),
        (None, "not known"),
        (1, "not known"),
        (99, "not known"),
    ],
)
def test_what_azure_does_not_confirm_is_no_success(
    package: Path, state: int | None, words: str
) -> None:
    with pytest.raises(Failed, match=words):
        run(package, Terminal("yes"), World(state))


def test_a_refused_package_is_said_with_the_words_of_the_service(package: Path) -> None:
    with pytest.raises(Failed, match="409: busy"):
        run(package, Terminal("yes"), World(4, accepted=409))


def test_a_package_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="cannot be read"):
        run(tmp_path / "no.zip", Terminal("yes"), World(4))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not a zip"),
        (b"PK\x03\x04", "is not a zip"),
        (zip_of("host.json"), "it has no function_app.py"),
        (ZIP.replace(b"x = 1", b"x = 2"), "is damaged"),
    ],
    ids=["empty", "cut", "another zip", "changed"],
)
def test_what_is_no_package_of_the_app_is_not_sent(
    tmp_path: Path, content: bytes, why: str
) -> None:
    world, path = World(4), tmp_path / "x.zip"
    path.write_bytes(content)

    with pytest.raises(Failed, match=why):
        run(path, Terminal(), world, "--yes")
    assert world.posts == []
