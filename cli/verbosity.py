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
    """Log errors of the product; with ``is_verbose`` also its steps and the libraries' warnings.

    Without it a refused read is not logged, because the command's own output names it. The
    libraries are silent: azure-identity would log a page about a missing token, although one line
    is enough.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING if is_verbose else logging.CRITICAL)
    logging.getLogger("drift").setLevel(logging.DEBUG if is_verbose else logging.ERROR)
