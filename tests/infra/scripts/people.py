"""A person at the terminal, and a Microsoft Graph, as the scripts of infra/scripts meet them."""

from collections.abc import Mapping
from typing import Any

from infra.scripts.console import YES, Console, Failed


class Terminal:
    """Answers each query in the same way, and keeps its arguments."""

    def __init__(self, answer: str = YES, *, dry_run: bool = False) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self._answer = answer
        self.console = Console(self.said.append, self._ask, dry_run)

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self._answer


class FakeGraph:
    """Answers reads from a table by path, and keeps the requested changes."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found
        self.changes: list[tuple[str, str, Any]] = []

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        if method != "GET":
            self.changes.append((method, path, body))
            return None
        if path not in self._found:
            raise Failed(f"GET {path}: 404")
        return self._found[path]
