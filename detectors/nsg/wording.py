"""Openings in sentences: which rules let which part of the Internet reach which ports."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from detectors.ip.addresses import IPV4, IPV6, NOWHERE, count_v4, count_v6
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PUBLIC
from detectors.nsg.exposure import Opening
from detectors.nsg.just_in_time import looks_like_window
from detectors.nsg.security_rules import SecurityRule
from drift.model import sentence

_NAMED: Final = 5


def openings_text(openings: Sequence[Opening], public: IntervalSet) -> str:
    """State what is open, port by port; ports with the same rules and sources share a sentence."""
    return " ".join(sentence(each) for each in _grouped(openings, lambda here: _who(here, public)))


def lateral_text(openings: Sequence[Opening], machines: Sequence[str]) -> str:
    """State which rules let private networks reach machines with PHI."""
    one = len(machines) == 1
    held = "which holds PHI and is not a jumpbox" if one else "which hold PHI and are not jumpboxes"
    of = f"of {listed(shortened(list(machines)))}, {held}"
    reached = _grouped(openings, lambda _: "private networks")
    return " ".join(sentence(f"{each} {of}") for each in reached)


def _grouped(openings: Sequence[Opening], who: Callable[[Sequence[Opening]], str]) -> list[str]:
    alike: dict[tuple[str, str], list[str]] = {}
    for service in dict.fromkeys(each.service for each in openings):
        here = [each for each in openings if each.service == service]
        key = (_rules([each.rule for each in here]), who(here))
        alike.setdefault(key, []).append(str(service))
    return [f"{rules} {them} reach {listed(services)}" for (rules, them), services in alike.items()]


def doubts_text(openings: Iterable[Opening]) -> str:
    """State for which rules it is unknown whether they allow the Internet, "" for none."""
    rules = {each.rule.path: each.rule for each in openings}
    doubts = [
        f"whether rule {each.label} allows the Internet: {_doubt(each)}" for each in rules.values()
    ]
    return f"Cannot tell {listed(shortened(doubts))}." if doubts else ""


def amount(addresses: IntervalSet, public: IntervalSet) -> str:
    """State how many addresses these are; all of ``public`` is the whole Internet."""
    approved = "" if public == PUBLIC else " outside the approved networks"
    if addresses == public:
        return f"the whole Internet{approved}"
    parts = []
    for name, family, some in (("IPv4", IPV4, _some_v4), ("IPv6", IPV6, _some_v6)):
        part = addresses & family
        whole = part == public & family
        if part:
            parts.append(f"the whole {name} Internet{approved}" if whole else some(part))
    return listed(parts)


def _some_v4(addresses: IntervalSet) -> str:
    number = count_v4(addresses)
    share = 100 * number / count_v4(PUBLIC)
    of_all = f" ({share:.2f} % of the Internet)" if share >= 0.01 else ""
    return f"{number:,} IPv4 address{'es' if number > 1 else ''}{of_all}"


def _some_v6(addresses: IntervalSet) -> str:
    number = count_v6(addresses)
    return f"{number:,} IPv6 network{'s' if number > 1 else ''} (/64)"


def _who(openings: Sequence[Opening], public: IntervalSet) -> str:
    addresses = NOWHERE
    for each in openings:
        addresses |= each.addresses
    tags = dict.fromkeys(tag for each in openings for tag in each.customers)
    who = [f"{tag} (machines of any Azure customer)" for tag in tags]
    return listed([amount(addresses, public), *who] if addresses else who)


def _rules(rules: Sequence[SecurityRule]) -> str:
    labels = [_label(each) for each in rules]
    if len(labels) == 1:
        return f"rule {labels[0]} lets"
    return f"rules {listed(shortened(labels))} let"


def _label(rule: SecurityRule) -> str:
    if looks_like_window(rule):
        return f"{rule.label}, which looks like a just-in-time window of Defender,"
    return rule.label


def _doubt(rule: SecurityRule) -> str:
    lacking = [
        f"the addresses of the service tag {tag} are unknown to the monitor"
        for tag in rule.reading.lacking
    ]
    return listed([*rule.doubts, *lacking])


def shortened(texts: list[str]) -> list[str]:
    """Return the first few texts, and the number of the others."""
    beyond = len(texts) - _NAMED
    return texts if beyond <= 0 else [*texts[:_NAMED], f"{beyond} more"]


def listed(texts: Sequence[str]) -> str:
    """Return texts as a list in a sentence: ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
