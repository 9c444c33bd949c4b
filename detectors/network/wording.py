"""How openings are told to people: which rules let how much of the Internet reach what."""

from collections.abc import Iterable, Sequence
from typing import Final

from detectors.network.address_space import PUBLIC
from detectors.network.addresses import IPV4, IPV6, NOWHERE, count_v4, count_v6
from detectors.network.exposure import Opening
from detectors.network.intervals import IntervalSet
from detectors.network.security_rules import Rule

_NAMED: Final = 5
_JUST_IN_TIME: Final = "securitycenter-jitrule"


def tell_openings(openings: Sequence[Opening], public: IntervalSet) -> str:
    """Tell what is open, port by port; ports that stand open alike are told together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for service in dict.fromkeys(each.service for each in openings):
        here = [each for each in openings if each.service == service]
        told = (_rules([each.rule for each in here]), _who(here, public))
        alike.setdefault(told, []).append(str(service))
    return "; ".join(
        f"{rules} {who} reach {_listed(services)}" for (rules, who), services in alike.items()
    )


def tell_doubts(openings: Iterable[Opening]) -> str:
    """Tell of which rules it cannot be said whether they let the Internet in, "" for none."""
    rules = {each.rule.path: each.rule for each in openings}
    told = [
        f"whether rule {each.label} lets the Internet in: {_doubt(each)}" for each in rules.values()
    ]
    return f"cannot tell {_listed(_shortened(told))}" if told else ""


def amount(addresses: IntervalSet, public: IntervalSet) -> str:
    """Say how many addresses these are; all of ``public``, which is asked of, is the Internet."""
    approved = "" if public == PUBLIC else " outside the approved networks"
    if addresses == public:
        return f"the whole Internet{approved}"
    parts = []
    for name, family, some in (("IPv4", IPV4, _some_v4), ("IPv6", IPV6, _some_v6)):
        part = addresses & family
        whole = part == public & family
        if part:
            parts.append(f"the whole {name} Internet{approved}" if whole else some(part))
    return _listed(parts)


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
    return _listed([amount(addresses, public), *who] if addresses else who)


def _rules(rules: Sequence[Rule]) -> str:
    labels = [_label(each) for each in rules]
    if len(labels) == 1:
        return f"rule {labels[0]} lets"
    return f"rules {_listed(_shortened(labels))} let"


def _label(rule: Rule) -> str:
    if rule.name.lower().startswith(_JUST_IN_TIME):
        return f"{rule.label}, a just-in-time window of Defender that stands open,"
    return rule.label


def _doubt(rule: Rule) -> str:
    lacking = [
        f"the addresses of the service tag {tag} are not known here" for tag in rule.reading.lacking
    ]
    return _listed([*rule.doubts, *lacking])


def _shortened(texts: list[str]) -> list[str]:
    beyond = len(texts) - _NAMED
    return texts if beyond <= 0 else [*texts[:_NAMED], f"{beyond} more"]


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
