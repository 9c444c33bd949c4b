"""Build a page of HTML that is one file: no script, no reference to anything outside, everything escaped."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from drift.untrusted_json import printable

_STYLE: Final = Path(__file__).with_name("style.css")

_LONGEST: Final = 4000
"""Maximum number of characters of one text: a person's reason may be this long."""

_BREAKS: Final = re.compile(r"[\r\n\t]+")
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Markup:
    """Finished HTML; any other text is escaped when it is used."""

    text: str


Content: TypeAlias = Markup | str


def joined(*parts: Content) -> Markup:
    """Return parts one after the other, each escaped unless it is markup."""
    return Markup("".join(_escaped(each) for each in parts))


def element(name: str, *content: Content, css: str = "") -> Markup:
    """Return an element with its content; ``css`` are its classes."""
    classes = f' class="{html.escape(css)}"' if css else ""
    return Markup(f"<{name}{classes}>{joined(*content).text}</{name}>")


def lines(*texts: Content) -> Markup:
    """Return texts below each other; empty ones are left out."""
    return joined(*(element("div", each) for each in texts if each != ""))


def whole(text: str) -> Markup:
    """Return a short text without line breaks, such as a time."""
    return element("span", text, css="whole")


def badge(text: str, kind: str) -> Markup:
    """Return a word in a frame; ``kind`` is ``bad``, ``warn``, ``good`` or ``plain``."""
    return element("span", text, css=f"badge {kind}")


def facts(rows: Iterable[tuple[str, Content]]) -> Markup:
    """Return a table of two columns: a name, and its value."""
    body = joined(
        *(
            element("tr", Markup(f'<th scope="row">{_escaped(name)}</th>'), element("td", value))
            for name, value in rows
        )
    )
    return element("table", element("tbody", body), css="facts")


def table(heads: Sequence[str], rows: Iterable[Sequence[Content]], *, none: str) -> Markup:
    """Return a table with a head; ``none`` is its text if there are no rows."""
    made = [element("tr", *(element("td", each) for each in row)) for row in rows]
    if not made:
        return element("p", none, css="none")
    head = Markup("".join(f'<th scope="col">{_escaped(each)}</th>' for each in heads))
    return element(
        "div",
        element("table", element("thead", element("tr", head)), element("tbody", *made)),
        css="wide",
    )


def bullets(texts: Iterable[str]) -> Markup:
    """Return a list."""
    return element("ul", *(element("li", each) for each in texts))


def section(title: str, *content: Content, css: str = "") -> Markup:
    """Return a section under its heading."""
    return element("section", element("h2", title), *content, css=css)


def page(title: str, *content: Content) -> str:
    """Return the whole file."""
    return "\n".join(_page(title, joined(*content).text))


def _page(title: str, body: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{_escaped(title)}</title>"
    yield f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
    yield "</head>"
    yield f"<body><main>{body}</main></body>"
    yield "</html>"
    yield ""


def _escaped(value: Content) -> str:
    """Return a text as HTML; unprintable characters, such as a change of direction, are left out."""
    if isinstance(value, Markup):
        return value.text
    before, after = (" " if each.isspace() else "" for each in (value[:1], value[-1:]))
    shown = printable(_BREAKS.sub(" ", value), _LONGEST)
    cut = "…" if len(value) > _LONGEST else ""
    return html.escape(f"{before}{shown}{cut}{after}" if shown else before)
