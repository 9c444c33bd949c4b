"""Progress of a command: one line in a terminal, a line now and then elsewhere."""

import io

from cli.output.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_short_command_shows_no_progress() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress("scan", stream, clock)
    clock.now = 0.9
    progress.update("1 of 2")
    progress.clear()

    assert stream.getvalue() == ""


def test_a_terminal_has_one_line_that_a_message_erases() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress("scan", stream, clock)
    clock.now = 2.0
    progress.update("1 of 2")
    progress.update("2 of 2")
    progress.say("done")

    assert stream.getvalue() == ("\r\x1b[2Kphidrift scan: 1 of 2\r\x1b[2Kphidrift scan: done\n")


def test_a_file_gets_a_line_each_half_minute() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress("scan", stream, clock)
    for second in range(0, 70, 5):
        clock.now = float(second)
        progress.update(f"at {second}")

    assert stream.getvalue() == "phidrift scan: at 30\nphidrift scan: at 60\n"
