"""An object that is built on first use."""

import threading

import pytest

from drift.lazy import Lazy


class Builds:
    """Builds a list, and counts how often; the first ``fails`` builds raise."""

    def __init__(self, fails: int = 0) -> None:
        self.count = 0
        self._fails = fails

    def __call__(self) -> list[str]:
        self.count += 1
        if self.count <= self._fails:
            raise OSError("not now")
        return []


def test_it_is_built_on_the_first_use_and_once() -> None:
    builds = Builds()
    lazy = Lazy(builds)
    before = builds.count

    assert lazy.get() is lazy.get()
    assert (before, builds.count) == (0, 1)


def test_threads_that_come_together_build_once() -> None:
    builds, together, found = Builds(), threading.Barrier(8), list[list[str]]()
    lazy = Lazy(builds)

    def use() -> None:
        together.wait()
        found.append(lazy.get())

    threads = [threading.Thread(target=use) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert builds.count == 1
    assert len({id(each) for each in found}) == 1


def test_a_build_that_fails_is_tried_again_at_the_next_use() -> None:
    lazy = Lazy(Builds(fails=1))
    with pytest.raises(OSError, match="not now"):
        lazy.get()

    assert lazy.get() == []


def test_a_thing_that_is_none_or_empty_is_built_once_too() -> None:
    built: list[None] = []
    lazy = Lazy(lambda: built.append(None))
    lazy.get()
    lazy.get()

    assert built == [None]


def test_only_a_thing_that_was_built_is_used_or_closed() -> None:
    ended: list[list[str]] = []
    unused, used = Lazy(Builds()), Lazy(Builds())
    thing = used.get()
    for each in (unused, used):
        each.if_built(lambda built: built.append("used"))
        each.close(ended.append)

    assert ended == [["used"]]
    assert ended[0] is thing
    with pytest.raises(RuntimeError, match="closed"):
        used.get()
