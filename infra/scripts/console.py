"""The question before each change, and calls of ``az`` as the signed-in person."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Az = Callable[[Sequence[str]], str]
"""Runs ``az`` with these arguments and returns what it prints; raises Failed."""

YES: Final = "yes"


class Failed(Exception):
    """A call was refused or did not work; the message is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Console:
    """The output of a script, and its question before each change."""

    say: Callable[[str], None]
    ask: Callable[[str], str]
    dry_run: bool = False

    def agrees(self, change: str, *, word: str = YES) -> bool:
        """Print the change and tell whether the person typed the word; a dry run only prints it."""
        if self.dry_run:
            self.say(f"Would {change}.")
            return False
        try:
            answer = self.ask(f"About to {change}. Type {word} to go on: ")
        except EOFError:
            answer = ""
        if answer.strip() == word:
            return True
        self.say("Not done.")
        return False


def terminal(*, dry_run: bool) -> Console:
    """Return the console of a person at a terminal."""
    return Console(lambda line: print(line, flush=True), input, dry_run)


def run_az(arguments: Sequence[str]) -> str:
    """Run ``az`` and return what it prints; raise Failed with what it says on standard error."""
    program = shutil.which("az")  # on Windows it is az.cmd
    if not program:
        raise Failed("az is not on PATH: install the Azure CLI")
    done = subprocess.run(  # noqa: S603 - az as PATH finds it, with the words of a script
        [program, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"az {' '.join(arguments[:3])}: {done.stderr.strip()}")
    return done.stdout


def read(az: Az, *arguments: str) -> Any:
    """Return what ``az`` prints as JSON; raise Failed."""
    text = az([*arguments, "--output", "json"])
    try:
        return json.loads(text or "null")
    except ValueError as error:
        raise Failed(f"az {' '.join(arguments[:3])} did not print JSON") from error


def arm_items(az: Az, place: str, version: str) -> Iterator[Any]:
    """Yield each item of a collection of ARM, over all of its pages; raise Failed."""
    url = f"{place}?api-version={version}"
    while url:
        page = read(az, "rest", "--method", "get", "--url", url)
        yield from page["value"]
        url = page.get("nextLink") or ""


def exit_with(main: Callable[[], int]) -> None:
    """Run a script and end with its exit code; a failure is one line on standard error."""
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(f"error: {error}")
