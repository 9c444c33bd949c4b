"""Name the HIPAA rule of each citation of 45 CFR part 164, and format citations for messages."""

import re
from collections.abc import Iterable
from typing import Final

_SECTION: Final = re.compile(r"164\.(?P<section>\d{3})(\([0-9A-Za-z]+\))*")

_RULES: Final = {
    range(302, 319): "Security Rule",  # subpart C
    range(400, 415): "Breach Notification Rule",  # subpart D
    range(500, 535): "Privacy Rule",  # subpart E
}
"""The sections of each subpart of 45 CFR part 164.

https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164
"""


def rule_of(citation: str) -> str:
    """Return the name of the HIPAA rule that a citation such as ``164.312(a)(1)`` belongs to.

    Each subpart of 45 CFR part 164 is one rule: 164.302 to 164.318 (subpart C) are the Security
    Rule, 164.400 to 164.414 (subpart D) the Breach Notification Rule, 164.500 to 164.534 (subpart
    E) the Privacy Rule. Raise ValueError on anything else, so that no citation is shown under a
    wrong rule.
    """
    found = _SECTION.fullmatch(citation)
    if found:
        section = int(found["section"])
        for sections, rule in _RULES.items():
            if section in sections:
                return rule
    raise ValueError(f"{citation!r} is not a citation of a HIPAA rule in 45 CFR part 164")


def citation_with_rule(citation: str) -> str:
    """Return one citation after the name of its rule: ``HIPAA Security Rule 164.312(b)``."""
    return f"HIPAA {_shown_rule(citation)} {citation}"


def standards(citations: Iterable[str]) -> tuple[str, ...]:
    """Return the cited rules, each once, in the order of the citations."""
    return tuple(dict.fromkeys(f"HIPAA {_shown_rule(each)}" for each in citations))


def by_rule(citations: Iterable[str]) -> str:
    """Return all citations on one line: ``Security Rule 45 CFR 164.308(a), 164.312(b); …``."""
    grouped: dict[str, list[str]] = {}
    for each in citations:
        grouped.setdefault(_shown_rule(each), []).append(each)
    return "; ".join(f"{rule} 45 CFR {', '.join(each)}" for rule, each in grouped.items())


def _shown_rule(citation: str) -> str:
    """Return the rule of a citation, "rules" for an unknown one: old stored citations must not raise."""
    try:
        return rule_of(citation)
    except ValueError:
        return "rules"
