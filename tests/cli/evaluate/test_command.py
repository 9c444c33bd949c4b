"""``phidrift evaluate`` as a command: files, standard input, arguments."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main
from tests.support.evaluate_input import ACCOUNT, ROOT, account


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, bytes], str]:
    def write(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


Written = Callable[[str, bytes], str]
TEXT = json.dumps({"resource": account(allowBlobPublicAccess=True)})


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_file_of_any_unicode_is_read(
    written: Written, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    code = main(["evaluate", written("bodies.json", TEXT.encode(encoding))])

    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert "STORAGE-PUBLIC-ACCESS" in {each["control"] for each in lines}


def test_bytes_that_are_no_text_spoil_only_their_line(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written("bodies.jsonl", f"{TEXT}\n".encode() + b'{"id": "\xff"}\n' + TEXT.encode())

    assert main(["evaluate", file]) == 2
    printed = capsys.readouterr()
    assert printed.err == "phidrift evaluate: line 2: it is not JSON: its bytes are not UTF-8\n"
    assert len(set(printed.out.splitlines())) * 2 == len(printed.out.splitlines())


def test_a_file_that_is_not_there_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_wrong_monitor_toml_is_refused_with_every_problem(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written("monitor.toml", b"[phi]\ntag_nams = []\n[timing]\nsettle_seconds = -1\n")

    code = main(["evaluate", "--config", config, written("bodies.json", TEXT.encode())])

    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert printed.err.splitlines() == [
        f"phidrift: {config}: line 2, phi.tag_nams: Unknown key; did you mean tag_names?",
        f"phidrift: {config}: line 4, timing.settle_seconds: Must be a number from 0 to 3600.",
    ]


def test_a_monitor_toml_that_cannot_be_read_is_said_so(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = written("bodies.json", TEXT.encode()) + ".toml"

    assert main(["evaluate", "--config", missing]) == 2
    assert f"--config: {missing} cannot be read: No such file" in capsys.readouterr().err


def test_monitor_toml_applies(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    config = written("monitor.toml", b'[controls]\ndisabled = ["STORAGE-PUBLIC-ACCESS"]\n')

    main(["evaluate", "--config", config, written("bodies.json", TEXT.encode())])

    assert "STORAGE-PUBLIC-ACCESS" not in capsys.readouterr().out


def piped(*arguments: str, given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its own process, its environment nothing but this."""
    return subprocess.run(
        [sys.executable, "-m", "cli", "evaluate", *arguments],
        input=given,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input_is_judged(arguments: tuple[str, ...]) -> None:
    answer = piped(*arguments, given=TEXT)

    assert (answer.returncode, answer.stderr) == (1, "")
    assert json.loads(answer.stdout.splitlines()[0])["resourceId"] == ACCOUNT


def test_monitor_config_names_the_file_too(tmp_path: Path) -> None:
    answer = piped(given=TEXT, MONITOR_CONFIG=str(tmp_path / "none.toml"))

    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"{tmp_path}/none.toml cannot be read: No such file" in answer.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    bodies = json.dumps([account(f"{ACCOUNT}{number}") for number in range(2000)])
    command = [sys.executable, "-m", "cli", "evaluate"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(bodies.encode())
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()

    assert (process.returncode, complaints) == (141, b"")


def test_the_sample_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", str(ROOT / "samples" / "evaluate.json")])

    printed = capsys.readouterr()
    lines = {each["control"]: each for each in map(json.loads, printed.out.splitlines())}
    assert printed.err == ""
    assert lines["STORAGE-PUBLIC-ACCESS"]["severity"] == "critical"
    assert lines["STORAGE-LOGGING"]["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["nonsense"], 2),
        (["help"], 0),
        (["help", "scan"], 0),
        (["help", "config", "check"], 0),
        (["help", "nonsense"], 2),
        (["config"], 2),
        (["evaluate", "--nonsense"], 2),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_the_command_line_is_checked(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert main(arguments) == code
    capsys.readouterr()
