"""The option ``--verbose``, and what a command logs to standard error with it and without it."""

import argparse
import logging
import sys
from typing import Final

_LIBRARIES: Final = ("azure", "msal")


def add_argument(parser: argparse.ArgumentParser, *, help_text: str) -> None:
    """Declare the option."""
    parser.add_argument("-v", "--verbose", action="store_true", help=help_text)


def log_to_stderr(*, is_verbose: bool) -> None:
    """Log errors of the product, with ``is_verbose`` its steps and the libraries' warnings too.

    Without it a refused read is not logged, since the command's own output names it. The libraries
    are silent: azure-identity logs a page on why it got no token, where one line says what to do.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING if is_verbose else logging.CRITICAL)
    logging.getLogger("drift").setLevel(logging.DEBUG if is_verbose else logging.ERROR)
