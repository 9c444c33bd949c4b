"""Cards as Microsoft's own library reads and draws them, in a Chromium without a network."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

ROOT: Final = Path(__file__).parents[2]
LIBRARY: Final = ROOT / "node_modules" / "adaptivecards" / "dist"
HOST_CONFIG: Final = Path(__file__).with_name("teams-host-config.json")
DARK_COLOURS: Final = Path(__file__).with_name("teams-dark-colours.json")
"""The container styles of the dark theme, close to those of Teams."""

CHROMIUM: Final = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PHONE: Final = 360
DESK: Final = 640

_STYLE: Final = """
body { margin: 0; padding: 16px; background: #f0f0f0; overflow-wrap: break-word; }
#card { background: #fff; border: 1px solid #d1d1d1; border-radius: 6px; overflow: hidden; }
.ac-pushButton { font: 600 14px 'Segoe UI', 'DejaVu Sans', sans-serif; padding: 6px 16px;
  border: 1px solid #d1d1d1; border-radius: 4px; background: #fff; color: #252424; }
"""

_DARK: Final = """
body { background: #141414; }
#card { background: #292929; border-color: #525252; }
.ac-pushButton { background: #292929; color: #fff; border-color: #666; }
"""

_DRAW: Final = """([card, config]) => {
  const said = [];
  const context = new AdaptiveCards.SerializationContext();
  const parsed = new AdaptiveCards.AdaptiveCard();
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text) => said.push(`Markdown was read: ${text}`);
  parsed.hostConfig = new AdaptiveCards.HostConfig(config);
  parsed.parse(card, context);
  for (let i = 0; i < context.eventCount; i++) said.push(context.getEventAt(i).message);
  for (const each of parsed.validateProperties().validationEvents) said.push(each.message);
  const place = document.getElementById("card");
  place.replaceChildren(parsed.render());
  return {
    complaints: said,
    paragraphs: [...place.querySelectorAll(".ac-richTextBlock")].map((each) => each.innerText),
    elements: [...new Set([...place.querySelectorAll("*")].map((each) => each.tagName))],
    width: place.scrollWidth <= place.clientWidth,
  };
}"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How the library read a card: its errors, its paragraphs, the HTML elements that it used."""

    complaints: list[str]
    paragraphs: list[str]
    elements: set[str]
    fits: bool


@contextmanager
def card_page(width: int = PHONE, scale: float = 1) -> Iterator[Page]:
    """Open an empty page of this width with the library in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(
            viewport={"width": width + 32, "height": 200}, device_scale_factor=scale
        )
        page.set_content("<!doctype html><meta charset=utf-8><div id=card></div>")
        page.add_style_tag(path=LIBRARY / "adaptivecards.css")
        page.add_style_tag(content=_STYLE)
        page.add_script_tag(path=LIBRARY / "adaptivecards.min.js")
        yield page
        browser.close()


def draw(page: Page, body: bytes, *, dark: bool = False) -> Drawn:
    """Parse, validate and draw the card in the body of a POST."""
    card = json.loads(body)["attachments"][0]["content"]
    config = json.loads(HOST_CONFIG.read_text(encoding="utf-8"))
    if dark:
        page.add_style_tag(content=_DARK)
        config["containerStyles"] = json.loads(DARK_COLOURS.read_text(encoding="utf-8"))
    made: dict[str, Any] = page.evaluate(_DRAW, [card, config])
    return Drawn(made["complaints"], made["paragraphs"], set(made["elements"]), made["width"])
