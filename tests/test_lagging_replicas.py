"""Replicas of the sandbox lag by default: a test that turns that off says why."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WORD = "replica"


def prompt_sandboxes(path: Path) -> Iterator[str]:
    """Yield the docstring of each function that runs a sandbox, or a story, without lag."""
    tree = ast.parse(path.read_text("utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            calls = (each for each in ast.walk(function) if isinstance(each, ast.Call))
            if any(_is_prompt(each) for each in calls):
                yield ast.get_docstring(function) or ""


def _is_prompt(call: ast.Call) -> bool:
    return any(
        each.arg == "lag" and isinstance(each.value, ast.Constant) and each.value.value is None
        for each in call.keywords
    )


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda each: str(each.relative_to(TESTS))
)
def test_a_sandbox_without_lagging_replicas_says_why(path: Path) -> None:
    assert [each for each in prompt_sandboxes(path) if WORD not in each] == []


def test_such_a_sandbox_is_found() -> None:
    assert list(prompt_sandboxes(TESTS / "sandbox" / "conftest.py")) != []
