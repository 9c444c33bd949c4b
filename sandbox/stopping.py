"""How the sandbox stops: the first SIGINT or SIGTERM in order, the second at once.

A Python handler runs only when the main thread gets to it: a signal just before the main thread
begins to wait would be handled after the wait. So the interpreter writes each signal to a socket,
and a thread reads it.
"""

import os
import shutil
import signal
import socket
import threading
from pathlib import Path
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Counts the signals. One that arrives during the start takes effect when the start is over."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._folder: Path | None = None

    def install(self) -> None:
        """Receive signals from now on; call it in the main thread."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._read, args=(reader, writer), daemon=True).start()
        for each in _SIGNALS:
            signal.signal(each, lambda *_: None)

    def wait(self, folder: Path) -> None:
        """Wait for the first signal; from then on another removes ``folder`` and ends the process."""
        self._folder = folder
        self._requested.wait()

    def _read(self, reader: socket.socket, writer: socket.socket) -> None:
        with reader, writer:  # this thread keeps both open for as long as the process runs
            while numbers := reader.recv(1):
                if self._requested.is_set() and self._folder:
                    shutil.rmtree(self._folder, ignore_errors=True)
                    os._exit(128 + numbers[0])
                self._requested.set()
