"""Commands of ``phidrift`` as processes, each a fork of one process that has imported the product.

    python -m tests.support.commands

One line of JSON on stdin asks for one command: ``argv``, its environment ``env``, the folder ``cwd``,
and the files ``out`` and ``err`` for what it prints. The line on stdout is its exit code. The imports
of a command cost more than its work; here they are done once.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[2]

_PRELOADED: Final = (
    *("adapters.arm.inventory", "adapters.arm.reader", "adapters.azure_http.credential"),
    "adapters.defender.reader",
    *("adapters.log_analytics.activity_log", "adapters.store.sqlite", "adapters.store.tables"),
    *("azure.identity", "cli.__main__", "cli.doctor", "cli.scan", "notifiers.channels"),
)


class Commands:
    """The process whose forks run the commands; ``folder`` takes what they print."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def run(
        self, *argv: str, cwd: Path, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        out, err = self._folder / "out", self._folder / "err"
        order = {"argv": argv, "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(
            argv, code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        )


@contextmanager
def commands_from(folder: Path) -> Iterator[Commands]:
    """Start the process that has everything imported, and end it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.commands"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Commands(process, folder)


def main() -> None:
    """Fork a process for each order, one at a time, until stdin ends."""
    for name in _PRELOADED:
        importlib.import_module(name)
    for line in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            _be(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _be(order: Mapping[str, Any]) -> NoReturn:
    """Be the command, and end as a process does."""
    for number, name in enumerate((os.devnull, order["out"], order["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags), number)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.exit(importlib.import_module("cli.__main__").main(order["argv"]))


if __name__ == "__main__":
    main()
