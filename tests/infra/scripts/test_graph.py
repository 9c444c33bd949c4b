"""Answers of Graph and the question before a change."""

import pytest

from infra.scripts.console import Console, Failed, read
from infra.scripts.graph import understood


def test_an_answer_is_its_json_and_an_empty_one_is_nothing() -> None:
    assert understood("GET /me", 200, b'{"id": "1"}') == {"id": "1"}
    assert understood("DELETE /me", 204, b"") is None


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (
            403,
            b'{"error": {"message": "required scopes are missing"}}',
            "403 required scopes are miss",
        ),
        (502, b"<html>", "GET /me: 502"),
        (404, b'{"error": "gone"}', "404"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_graph(status: int, text: bytes, said: str) -> None:
    with pytest.raises(Failed, match=said):
        understood("GET /me", status, text)


def test_no_answer_is_no_consent() -> None:
    def closed(question: str) -> str:
        raise EOFError

    assert not Console(print, closed).agrees("delete everything")


def test_what_az_prints_must_be_json() -> None:
    with pytest.raises(Failed, match="did not print JSON"):
        read(lambda arguments: "WARNING", "group", "show")
