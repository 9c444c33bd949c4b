"""Each commit that can conflict does so once; the delivered messages stay the same."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore
from adapters.store.tables import TableStore
from drift.ports import Store
from tests.azurite import Azurite
from tests.crash import scenarios
from tests.crash.contested import Contested, OnlyWriter
from tests.crash.estate_scenarios import ESTATE_SCENARIOS
from tests.crash.outcome import lived, wrongs
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.support.extent import part

IN_TABLES = (
    scenarios.broken_and_mended,
    scenarios.throttled,
    scenarios.busy_channel,
    scenarios.reopened_while_broken,
    scenarios.given_up,
    scenarios.asked_for_context,
    scenarios.new_rules,
    scenarios.named_later,
    scenarios.unknowable,
    *ESTATE_SCENARIOS,
)
"""Stories that make, between them, every kind of commit that can conflict: the emulator is slow.
`make test` takes every seventh one."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    with closing(SqliteStore(tmp_path / "contested.db")) as opened:
        yield opened


@pytest.fixture
def tables(azurite: Azurite) -> Iterator[Store]:
    with closing(TableStore(azurite.account())) as opened:
        yield OnlyWriter(opened)


def conflicted(story: Scenario, folder: Path, store: Store) -> tuple[int, list[str]]:
    """Run a story with a conflict at each commit; return their number and the errors."""
    undisturbed = lived(story, folder / "undisturbed")
    contested = Contested(store)
    after = lived(story, folder / "contested", store=lambda: contested)
    return contested.conflicts, list(wrongs(after, undisturbed))


@pytest.mark.parametrize("story", SCENARIOS, ids=lambda each: each.__name__)
def test_a_conflict_at_each_commit_changes_no_delivered_message(
    story: Scenario, tmp_path: Path, sqlite: Store
) -> None:
    conflicts, wrong = conflicted(story, tmp_path, sqlite)

    assert wrong == []
    assert conflicts > 5


@pytest.mark.parametrize("story", part(IN_TABLES, one_in=7), ids=lambda each: each.__name__)
def test_a_conflict_at_each_commit_changes_nothing_in_azure_tables_either(
    story: Scenario, tmp_path: Path, tables: Store
) -> None:
    conflicts, wrong = conflicted(story, tmp_path, tables)

    assert wrong == []
    assert conflicts > 5
