"""How the state grows: days of 100 events, over 400 resources that come and go.

``python -m tests.scenarios.growth [DAYS]`` (``make growth``) lives through 365 days, prints the rows and the
bytes of the store by the day, and exits with 1 unless both level out.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drift import ids
from drift.config.model import Retention
from drift.errors import DeliveryFailed
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.state import keys
from tests.support.open_account import OPEN, place, toy
from tests.support.rig import GROUP, Rig

EVENTS = 100
"""Events of a day."""

RESOURCES = 400
"""Accounts at any time."""

NAMES = 5
"""Names for each account: some come back."""

TOLERANCE = 1.05
"""How much more the last days may hold than those after the retention time."""

_DROPPED_DAYS = 30
"""How long a message that no version can read is on record."""


def _asks_for_its_vault(resource: Resource, estate: Estate) -> Verdict:
    vault = estate.get(str(resource.get("properties.vault")))
    return Verdict(Outcome.PASS if vault else Outcome.FAIL, "it has a vault, or had one")


KEYS = toy("TOY-KEYS", _asks_for_its_vault)


@dataclass(frozen=True, slots=True)
class Size:
    """The rows of the store by kind, and their bytes as JSON text."""

    rows: Counter[str]
    bytes: int

    @property
    def total(self) -> int:
        return self.rows.total()


def size_of(rig: Rig) -> Size:
    """Measure the whole store."""
    found = [row for shard in keys.PARTITIONS for row in rig.store.range(shard, "", "~", 1_000_000)]
    kinds = Counter(row.key.partition("|")[0] for row in found)
    return Size(kinds, sum(len(row.key) + len(json.dumps(row.data)) for row in found))


@dataclass
class Accounts:
    """A monitor, and accounts that are created, opened, closed, unreadable and deleted at random."""

    rig: Rig
    chance: random.Random
    events: int
    count: int
    there: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Put the accounts and their vaults into Azure."""
        for number in range(20):
            self.rig.arm.put(f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys{number}")
        while len(self.there) < self.count:
            self._create()

    def day(self) -> None:
        """Simulate one day."""
        self.rig.run(self.rig.monitor.sweep())
        for _ in range(self.events):
            self.rig.teams.refusal = None
            self.chance.choices(self._happenings(), self._weights())[0]()
            self._pass_time()

    def _happenings(self) -> list[Callable[[], None]]:
        return [
            *(self._touch, self._open, self._close, self._replace, self._recreate),
            *(self._refuse, self._busy_channel, self._nonsense),
        ]

    def _weights(self) -> list[int]:
        return [25, 25, 25, 12, 6, 3, 2, 2]

    def _pass_time(self) -> None:
        for seconds in (10, 20, 40, 300):
            self.rig.clock.advance(seconds=seconds)
            self.rig.run(self.rig.monitor.tick())
        self.rig.clock.advance(seconds=86_400 / self.events - 370)
        self.rig.run(self.rig.monitor.tick())

    def _account(self) -> str:
        return self.chance.choice(self.there)

    def _create(self) -> None:
        below = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
        names = (f"{below}/a{number}" for number in range(NAMES * self.count))
        name = self.chance.choice([each for each in names if each not in self.there])
        place(self.rig, account=name)
        vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys{self.chance.randrange(20)}"
        self.rig.arm.set(name, vault=vault, open=self.chance.random() < 0.1)
        self.there.append(name)
        self.rig.write(name)

    def _delete(self, name: str) -> None:
        self.there.remove(name)
        self.rig.arm.refused.pop(ids.key(name), None)
        del self.rig.arm.documents[ids.key(name)]
        self.rig.write(name, kind="Microsoft.Resources.ResourceDeleteSuccess")

    def _touch(self) -> None:
        name = self._account()
        self.rig.arm.set(name, note=self.chance.random())
        self.rig.write(name)

    def _open(self) -> None:
        name = self._account()
        self.rig.arm.set(name, open=True)
        self.rig.write(name)

    def _close(self) -> None:
        opened = [each for each in self.there if self._is_open(each)]
        if opened:
            name = self.chance.choice(opened)
            self.rig.arm.set(name, open=False)
            self.rig.write(name)

    def _is_open(self, name: str) -> bool:
        return bool(self.rig.arm.body(name)["properties"].get("open"))

    def _replace(self) -> None:
        self._delete(self._account())
        self._create()

    def _recreate(self) -> None:
        name = self._account()
        self._delete(name)
        place(self.rig, account=name)
        self.rig.arm.set(name, vault=f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys0")
        self.there.append(name)
        self.rig.write(name)

    def _refuse(self) -> None:
        """Have an account refuse its reads, or all of them answer again."""
        if self.rig.arm.refused:
            self.rig.arm.refused.clear()
        else:
            name = self._account()
            self.rig.arm.refused[ids.key(name)] = 403
            self.rig.write(name)

    def _busy_channel(self) -> None:
        """Have a channel fail for now, while an account is opened and until the next event."""
        self.rig.teams.refusal = DeliveryFailed("busy")
        self._open()

    def _nonsense(self) -> None:
        self.rig.monitor.evaluate(f"nonsense {self.chance.random()}")

    def end(self) -> None:
        """Have all that failed work again, and wait until nothing is left to do."""
        self.rig.arm.refused.clear()
        self.rig.teams.refusal = None
        self.rig.later(minutes=90)


def monitor(state_days: int) -> Rig:
    """Return a monitor that keeps what has ended for so many days."""
    rig = Rig(None)
    rig.only(OPEN, KEYS)
    rig.configure(retention=Retention(state_days=state_days))
    rig.change(inventory=None)
    return rig


def live(
    rig: Rig, days: int, *, events: int = EVENTS, resources: int = RESOURCES
) -> Iterator[Size]:
    """Simulate so many days; yield the size of the store at the end of each."""
    accounts = Accounts(rig, random.Random(1), events, resources)
    accounts.begin()
    for day in range(1, days + 1):
        accounts.day()
        if day == days:
            accounts.end()
        for each in (rig.teams, rig.pagerduty, rig.splunk):
            each.told.clear()
        yield size_of(rig)


def levels_out(sizes: list[Size], *, since: int) -> bool:
    """Tell whether the last quarter of the days after ``since`` holds no more than the first."""
    after = sizes[since:]
    quarter = max(1, len(after) // 4)
    first, last = after[:quarter], after[-quarter:]
    return all(
        sum(map(measure, last)) <= TOLERANCE * sum(map(measure, first))
        for measure in (lambda size: size.total, lambda size: size.bytes)
    )


def main(days: int) -> int:
    """Print a line for each tenth day; return 1 unless rows and bytes level out."""
    state_days, sizes = Retention().state_days, []
    rig = monitor(state_days)
    for day, size in enumerate(live(rig, days), 1):
        sizes.append(size)
        if day % 10 == 0 or day == days:
            print(f"day {day:3}: {size.total:6} rows, {size.bytes / 1e6:6.1f} MB", flush=True)
    print(", ".join(f"{kind} {count}" for kind, count in sorted(sizes[-1].rows.items())))
    status = rig.monitor.health()["status"]
    good = status == "ok" and levels_out(sizes, since=state_days + _DROPPED_DAYS)
    print(f"health: {status}; {'the state levels out' if good else 'THE STATE DOES NOT LEVEL OUT'}")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 365))
