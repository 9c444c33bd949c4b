"""``python -m sandbox``: start ``sandbox.by_hand``, and end without a traceback on Ctrl-C."""

import signal
import sys
from importlib import import_module

if __name__ == "__main__":
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # nothing has started, so nothing must be cleaned up
    sys.exit(import_module("sandbox.by_hand").main(sys.argv[1:]))
