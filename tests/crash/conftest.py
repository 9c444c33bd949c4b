"""What the tests of this folder share: launchers, each of which runs one process at a time."""

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash.live import WRITTEN, Lived, Story, live
from tests.crash.serving import Launcher, launched

AT_ONCE = 3
"""How many stories run in parallel: each one mostly waits."""


class Lives:
    """Runs the same story repeatedly, with other crashes."""

    def __init__(self, folder: Path, launchers: Sequence[Launcher]) -> None:
        self._folder = folder
        self._free: queue.SimpleQueue[Launcher] = queue.SimpleQueue()
        for each in launchers:
            self._free.put(each)
        self._stories = 0

    def once(
        self,
        *dies_at: str,
        story: Story = WRITTEN,
        ticks: bool = False,
        state: str = "",
    ) -> Lived:
        """Run it, and crash at these points."""
        launcher = self._free.get()
        self._stories += 1
        folder = self._folder / f"story-{self._stories}"
        try:
            return live(launcher, folder, *dies_at, story=story, ticks=ticks, state=state)
        finally:
            self._free.put(launcher)

    def each(
        self,
        points: Iterable[str],
        *,
        story: Story = WRITTEN,
        state: Callable[[], str] = str,
    ) -> list[Lived]:
        """Run it once for each point, and crash there; ``state`` returns a STATE_STORE for each."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(
                pool.map(lambda point: self.once(point, story=story, state=state()), points)
            )


@pytest.fixture(scope="session")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    with launched(AT_ONCE) as launchers:
        yield Lives(tmp_path_factory.mktemp("lives"), launchers)
