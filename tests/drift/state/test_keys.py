"""The keys of rows, and the table that explains them."""

from drift.state import keys
from drift.state.keys import RowKind


def test_the_table_of_rows_lists_every_kind_once_and_no_other() -> None:
    table = [line for line in (keys.__doc__ or "").splitlines() if line.startswith("  ")]
    kinds = [line.split()[0].partition("|")[0] for line in table]

    assert kinds == [each.value for each in RowKind]
