"""Numbers that cannot be read are reported with their line, without advice about Python."""

from pathlib import Path

import pytest

from cli.offline.json_documents import BadLine, items, read

LONG = "1" * 6000


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (LONG, "a number is too long"),
        (f"-{LONG}", "a number is too long"),
        ("1e999", "a number is out of range"),
        ("NaN", "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
    ],
)
@pytest.mark.parametrize(
    "form", ['{{"a": "{}",\n"b":\n{}\n}}', '[\n{{"a": "\\"{}"}}, {{"b": {}}}]']
)
def test_a_number_that_cannot_be_taken_is_named_with_its_line(
    number: str, why: str, form: str
) -> None:
    text = form.format(number, number)
    line = text[: text.rindex(number)].count("\n") + 1

    assert items(text)[-1] == BadLine(line, f"it is not JSON: {why}")


def test_a_line_with_a_number_that_cannot_be_taken_leaves_the_others() -> None:
    first, bad, last = items(f'{{"a": 1}}\n{{"a": {LONG}}}\n{{"a": 3}}')

    assert bad == BadLine(2, "it is not JSON: a number is too long")
    assert not isinstance(first, BadLine)
    assert not isinstance(last, BadLine)


def test_an_endless_or_huge_input_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as made:
        made.truncate(256 * 1024**2 + 1)

    for name in (str(huge), "/dev/zero"):
        with pytest.raises(OSError, match="larger than 256 MiB: split it"):
            read(name)
