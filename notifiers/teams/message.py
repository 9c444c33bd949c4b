"""The Teams card. Pure: a notice in, the body of the POST out."""

import json
from typing import Final

from drift.notices import Change, Notice
from notifiers import wording
from notifiers.guides import guide_of
from notifiers.headline import (
    action,
    is_about_monitor,
    opening_subject,
    preview,
    problem,
    start,
    state,
)
from notifiers.room import Room
from notifiers.teams import monitor
from notifiers.teams.elements import Element, box, link, paragraph, runs, size, unmarked, words
from notifiers.teams.layout import ROOMS, Tone, tone_of
from notifiers.teams.sections import bullets, changes, context, facts, fix, is_command_shown

MAX_BYTES: Final = 20_000
"""Teams documents 28 KB for a message; clients have seen refusals from about 21 KB."""

CARD_VERSION: Final = "1.2"
"""The lowest version that has RichTextBlock and ``bleed``; Teams on phones and desks shows it:
https://adaptivecards.io/explorer"""

MAX_URL: Final = 1_500
_MAX_PREVIEW: Final = 300

_LEFT_TO_RIGHT: Final = "\u200e"
"""Keeps the name before the reason where both are written from right to left."""


def build_message(notice: Notice, *, opening: bool) -> bytes:
    """Lay out one notice as a card in the Workflows envelope, shortened to at most MAX_BYTES."""
    summary = words(preview(notice, opening=opening), _MAX_PREVIEW)
    body = b""
    for room in ROOMS:
        body = _encoded(_card(notice, opening, room), summary)
        if len(body) <= MAX_BYTES:
            break
    return body


def _encoded(card: Element, summary: str) -> bytes:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card | {"fallbackText": unmarked(summary)},
    }
    message = {"type": "message", "summary": summary, "attachments": [attachment]}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _card(notice: Notice, opening: bool, room: Room) -> Element:
    tone = tone_of(notice)
    new = () if opening else notice.news
    details = (
        monitor.details(notice, room)
        if is_about_monitor(notice)
        else (
            changes(notice, tone, room),
            facts(notice, room),
            context(notice, room, already_shown=new),
        )
    )
    parts = (
        _banner(notice, opening, tone, room),
        bullets("New in this update", new, room),
        fix(notice, room),
        *details,
    )
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": CARD_VERSION,
        "msteams": {"width": "Full"},
        "body": [each for each in parts if each],
        "actions": _links(notice),
    }


def _banner(notice: Notice, opening: bool, tone: Tone, room: Room) -> Element:
    """Say in three lines the severity, the resource and its problem, and what to do."""
    what = words(opening_subject(notice), room.value)
    what += "" if what.isascii() else _LEFT_TO_RIGHT
    items = [
        paragraph(
            runs(start(notice, opening=opening), weight="Bolder"),
            runs(" · "),
            runs(state(notice), weight="Bolder"),
            runs(f"{_phi(notice)} · {words(notice.control_id, room.value)}"),
        ),
        paragraph(
            runs(what, weight="Bolder", size="Large") if what else [],
            runs(words(problem(notice), room.sentence)),
            spacing="Small",
        ),
    ]
    do = action(notice, command_shown=is_command_shown(notice.fix_command or "", room))
    if do:
        label = runs("What to do: ", weight="Bolder") if notice.closure is None else []
        items.append(paragraph(label, runs(words(do, room.sentence)), spacing="Small"))
    return box(items, style=tone.style, bleed=True)


def _phi(notice: Notice) -> str:
    return "" if is_about_monitor(notice) else f" · {wording.phi(notice)}"


def _links(notice: Notice) -> list[Element]:
    links = [("Portal", notice.portal_url), ("Incident", notice.console_url)]
    if notice.change not in (Change.RESOLVED, Change.CLOSED):
        links += [("Runbook", notice.runbook_url), ("Guide", guide_of(notice.control_id))]
    return [
        link(title, url)
        for title, url in links
        if url.startswith("https://") and wording.plain(url) == url and size(url) <= MAX_URL
    ]
