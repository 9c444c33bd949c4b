"""Read the whole body of a request, by its length or in chunks, up to a limit."""

import re
from email.message import Message
from http import HTTPStatus
from typing import Final, Protocol

_CHUNK_HEAD: Final = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_MAX_LINE: Final = 4096


class ConnectionReader(Protocol):
    """The methods that read a connection."""

    def read(self, size: int, /) -> bytes:
        """Read ``size`` bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """Read one line."""


class BadBody(Exception):
    """A body that is refused; ``status`` is the answer."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def read_body(reader: ConnectionReader, headers: Message, limit: int) -> bytes:
    """Return the whole body; raise BadBody where it is too long, cut off or not understood."""
    coding = headers.get("Transfer-Encoding", "").strip().lower()
    lengths = headers.get_all("Content-Length", [])
    if coding:
        # Both headers at once can smuggle a request: refused, as RFC 9112 section 6.3 allows.
        if coding != "chunked" or lengths:
            raise BadBody(HTTPStatus.BAD_REQUEST, "the transfer encoding is not understood")
        return _chunked(reader, limit)
    if not lengths:
        return b""
    if len(set(lengths)) > 1 or not _LENGTH.fullmatch(lengths[0].strip()):
        raise BadBody(HTTPStatus.BAD_REQUEST, "the content length is not understood")
    return _exactly(reader, _within(int(lengths[0]), limit))


def announces_more(headers: Message, limit: int) -> bool:
    """Tell whether the Content-Length of a request is above the limit."""
    length = headers.get("Content-Length", "").strip()
    return bool(_LENGTH.fullmatch(length)) and int(length) > limit


def _chunked(reader: ConnectionReader, limit: int) -> bytes:
    body = bytearray()
    while size := _chunk_size(reader):
        _within(len(body) + size, limit)
        body += _exactly(reader, size)
        if reader.readline(_MAX_LINE).strip():
            raise BadBody(HTTPStatus.BAD_REQUEST, "a chunk is longer than it says")
    while reader.readline(_MAX_LINE).strip():
        pass  # trailers are ignored
    return bytes(body)


def _chunk_size(reader: ConnectionReader) -> int:
    match = _CHUNK_HEAD.fullmatch(reader.readline(_MAX_LINE))
    if not match:
        raise BadBody(HTTPStatus.BAD_REQUEST, "a chunk does not begin with its size")
    return int(match.group(1), 16)


def _within(size: int, limit: int) -> int:
    if size > limit:
        raise BadBody(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {limit} bytes")
    return size


def _exactly(reader: ConnectionReader, size: int) -> bytes:
    body = reader.read(size)
    if len(body) < size:
        raise BadBody(HTTPStatus.BAD_REQUEST, "the body ends before its length")
    return body
