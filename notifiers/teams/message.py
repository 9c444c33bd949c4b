"""The Teams card. Pure: a notice in, the body of the POST out."""

import json
from typing import Final

from drift.notices import Change, Notice
from notifiers import wording
from notifiers.teams.elements import Element, box, link, paragraph, runs, size, small, words
from notifiers.teams.layout import ROOMS, Room, Tone, tone_of
from notifiers.teams.sections import changes, context, facts, fix

MAX_BYTES: Final = 20_000
"""Teams documents 28 KB for a message; clients have seen refusals from about 21 KB."""

MAX_URL: Final = 1_500


def build_message(notice: Notice, *, opening: bool) -> bytes:
    """Lay out one notice as a card in the Workflows envelope, shortened to at most MAX_BYTES."""
    body = b""
    for room in ROOMS:
        body = _encoded(_card(notice, opening, room))
        if len(body) <= MAX_BYTES:
            break
    return body


def _encoded(card: Element) -> bytes:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    message = {"type": "message", "attachments": [attachment]}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _card(notice: Notice, opening: bool, room: Room) -> Element:
    tone = tone_of(notice)
    parts = (
        _banner(notice, opening, tone, room),
        changes(notice, tone, room),
        facts(notice, room),
        fix(notice, room),
        context(notice, room),
    )
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": [each for each in parts if each],
        "actions": _links(notice),
    }


def _banner(notice: Notice, opening: bool, tone: Tone, room: Room) -> Element:
    name = words(notice.resource_name, room.value)
    items = [
        paragraph(
            runs(wording.verb(notice, opening=opening), weight="Bolder"),
            runs(_headline(notice)),
        ),
        paragraph(runs(name, weight="Bolder", size="Large"), spacing="None"),
        paragraph(runs(words(notice.reason, room.sentence)), spacing="Small"),
    ]
    if notice.why and notice.closure is None:
        items.append(small(words(notice.why, room.sentence), spacing="Small"))
    return box(items, style=tone.style, bleed=True)


def _headline(notice: Notice) -> str:
    told = wording.phi(notice)
    span = wording.lasting(notice.decided_at - notice.opened_at)
    match notice.change:
        case Change.RESOLVED:
            return f" · fixed after {span} · {told}"
        case Change.CLOSED:
            return f" · {wording.ending(notice.closure)} · open for {span} · {told}"
        case Change.UNKNOWN:
            return f": this cannot be judged at present · {told}"
        case _:
            return f" · {wording.severity(notice.severity).capitalize()} · {told}"


def _links(notice: Notice) -> list[Element]:
    told = (("Open in the portal", notice.portal_url), ("Open the incident", notice.console_url))
    return [
        link(title, url)
        for title, url in told
        if url.startswith("https://") and size(url) <= MAX_URL and wording.plain(url) == url
    ]
