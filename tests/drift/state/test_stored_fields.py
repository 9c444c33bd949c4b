"""Stored data outlives the version that wrote it: no stored name may change its meaning.

``stored_fields.txt`` lists every stored field, enum value and row property. Add what you add; remove
or rename nothing: an older row would lose what it says without an error.
"""

from pathlib import Path

import pytest

from tests.drift.state.stored_story import row_properties, stored
from tests.drift.state.stored_types import fields_of, stored_types

LIST = Path(__file__).with_name("stored_fields.txt")


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Return every name that this version stores."""
    own = {name for each in stored_types() for name in fields_of(each)}
    return own | set(row_properties(stored()))


@pytest.fixture(scope="module")
def listed() -> set[str]:
    """Return every name that a version has stored."""
    return set(LIST.read_text("utf-8").splitlines())


def test_no_stored_name_is_removed_or_renamed(names: set[str], listed: set[str]) -> None:
    assert listed - names == set()


def test_every_stored_name_is_on_the_list(names: set[str], listed: set[str]) -> None:
    assert names - listed == set()
