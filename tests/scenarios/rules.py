"""Changes of the operator's rules."""

from tests.support.rig import Rig

OPENED = "TOY-OPEN opened"


def adopt(rig: Rig, name: str, **choices: object) -> None:
    """Restart the monitor with another monitor.toml."""
    rig.configure(digest=name, **choices)
    rig.change(facts=rig.facts(name))
