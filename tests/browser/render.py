"""Draw the cards that the README and the docs show: ``python -m tests.browser.render [DIRECTORY]``.

Without a directory they go to docs/images, where they are kept.
"""

import sys
from pathlib import Path
from typing import Final

from notifiers.teams.message import build_message
from tests.browser.cards import DESK, ROOT, card_page, draw
from tests.notifiers.notices import (
    EVERY,
    EXISTING,
    LIKELY,
    MONITOR_BLIND,
    RESOLVED,
    UPDATED_NEWS,
)

KEPT: Final = {
    "card-drift": LIKELY,
    "card-existing": EXISTING,
    "card-monitor": MONITOR_BLIND,
    "card-resolved": RESOLVED,
    "card-update": UPDATED_NEWS,
}


def main(
    directory: Path, *, width: int = DESK, everything: bool = False, dark: bool = False
) -> None:
    """Draw the kept cards, or all cards, at twice the resolution."""
    notices = EVERY if everything else KEPT
    directory.mkdir(parents=True, exist_ok=True)
    with card_page(width, scale=2) as page:
        for name, notice in notices.items():
            draw(page, build_message(notice, opening=False), dark=dark)
            page.locator("#card").screenshot(path=directory / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
