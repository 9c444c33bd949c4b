"""Reading a request's body."""

import io
from email.message import Message

import pytest

from functions_host.http.body import BadBody, read_body

LIMIT = 16


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def read(body: bytes, **values: str) -> bytes:
    return read_body(io.BytesIO(body), headers(**values), LIMIT)


def test_a_body_is_read_by_its_length() -> None:
    assert read(b"hello and more", Content_Length="5") == b"hello"


def test_a_request_without_a_length_has_no_body() -> None:
    assert read(b"next request") == b""


def test_a_chunked_body_is_put_together_and_its_trailers_are_skipped() -> None:
    body = b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: x\r\n\r\n"

    assert read(body, Transfer_Encoding="chunked") == b"hello world"


def test_a_body_as_long_as_the_limit_is_read() -> None:
    assert read(b"x" * LIMIT, Content_Length=str(LIMIT)) == b"x" * LIMIT


@pytest.mark.parametrize(
    ("body", "values", "status"),
    [
        (b"", {"Content_Length": "17"}, 413),
        (b"10\r\n" + b"x" * 16 + b"\r\n1\r\nx\r\n", {"Transfer_Encoding": "chunked"}, 413),
        (b"FFFFFFFF\r\n", {"Transfer_Encoding": "chunked"}, 413),
        (b"abc", {"Content_Length": "4"}, 400),
        (b"abc", {"Content_Length": "-1"}, 400),
        (b"abc", {"Content_Length": "9" * 5000}, 400),
        (b"abc", {"Content_Length": "3", "Transfer_Encoding": "chunked"}, 400),
        (b"abc", {"Transfer_Encoding": "gzip"}, 400),
        (b"xyz\r\n", {"Transfer_Encoding": "chunked"}, 400),
        (b"2\r\nabc\r\n", {"Transfer_Encoding": "chunked"}, 400),
        (b"5\r\nab", {"Transfer_Encoding": "chunked"}, 400),
    ],
)
def test_a_body_that_is_too_long_or_not_understood_is_refused(
    body: bytes, values: dict[str, str], status: int
) -> None:
    with pytest.raises(BadBody) as caught:
        read(body, **values)

    assert caught.value.status == status
