"""docs/controls.md: every control, its HIPAA sections, and the matching checks of other tools."""

from collections.abc import Iterable, Sequence
from typing import Final

from cli.peers import Peers, peers_of
from drift.controls.citations import by_rule, rule_of
from drift.model import Control


def markdown(controls: Iterable[Control]) -> str:
    """Return docs/controls.md; a test compares it with the file."""
    chosen = tuple(controls)
    rows = "".join(_summary(each) for each in chosen)
    tables = (_coverage(chosen), _compared(chosen))
    return "\n".join((_INTRODUCTION + rows, *tables, *(section(each) for each in chosen)))


def runbook(control_id: str) -> str:
    """Return where the runbook of a control is, from the root of the project."""
    return f"docs/runbooks/{control_id}.md"


_INTRODUCTION: Final = """\
# Controls

<!-- Made by `phidrift controls --markdown > docs/controls.md`; a test compares the two. -->

Each control evaluates one resource type, or several by the same rule, with the result pass, fail,
unknown or not applicable. HIPAA citations are of 45 CFR, listed by rule.

The severity is that of the worst case, for resources with PHI and for those without. A smaller failure has
a lower severity: on PHI a minimum of TLS 1.0 is medium, and an account that allows public access and has
no public container is high. Each control has a [runbook](runbooks/README.md).

| control | requirement | PHI | no PHI |
|---|---|---|---|
"""

_COVERAGE: Final = """\
## Coverage of HIPAA

Each section that a control cites, with the controls that cite it. A control shows that a technical setting is
in place. It is no proof that the whole section is met.

| section of 45 CFR | rule | controls |
|---|---|---|
"""

_COMPARED: Final = """\
## Checks of other tools

The checks that look at the same setting, by their own ids. Another tool may judge the setting differently.
CIS numbers are those of the Microsoft Azure Foundations Benchmark 3.0. `~` means that the recommendation is
weaker or wider than the control. An empty cell means that no check of that tool is known.

| control | prowler | checkov | Azure Policy | CIS |
|---|---|---|---|---|
"""


def _summary(control: Control) -> str:
    return f"| {_link(control)} | {control.title} | {control.severity} | {control.otherwise} |\n"


def _coverage(controls: Sequence[Control]) -> str:
    """Return the table of HIPAA sections, each with the controls that cite it."""
    citing: dict[str, list[Control]] = {}
    for each in controls:
        for citation in each.hipaa:
            citing.setdefault(citation, []).append(each)
    rows = (
        f"| {citation} | {rule_of(citation)} | {', '.join(map(_link, citing[citation]))} |\n"
        for citation in sorted(citing)
    )
    return _COVERAGE + "".join(rows)


def _compared(controls: Sequence[Control]) -> str:
    """Return the table of controls, each with the ids of the checks beside it."""
    return _COMPARED + "".join(_row(each, peers_of(each.id)) for each in controls)


def _row(control: Control, peers: Peers) -> str:
    cells = (_codes(peers.prowler), _codes(peers.checkov), _codes(peers.policy))
    return f"| {_link(control)} | {' | '.join(cells)} | {', '.join(peers.cis)} |\n"


def _codes(ids: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in ids)


def _link(control: Control) -> str:
    return f"[{control.id}](#{control.id.lower()})"


def section(control: Control) -> str:
    """Return the part of the page about one control."""
    otherwise = (
        f", {control.otherwise} without PHI" if control.otherwise != control.severity else ""
    )
    watches = "".join(
        f"  - `{kind}`{': ' if paths else ''}{', '.join(f'`{path}`' for path in paths)}\n"
        for kind, paths in control.watches.items()
    )
    leaves_out = f"Not evaluated: {control.leaves_out}\n\n" if control.leaves_out else ""
    return (
        f"## {control.id}\n\n{control.title}.\n\n{control.why}\n\n{leaves_out}"
        f"- Service: {control.service}\n"
        f"- Severity: {control.severity}{otherwise}\n"
        f"- HIPAA: {by_rule(control.hipaa)}\n"
        f"- Fix: {_literal(control.fix)}\n"
        f"- Runbook: [what to do](runbooks/{control.id}.md)\n"
        f"- Watches:\n{watches}"
    )


def _literal(fix: str) -> str:
    """Return a command as code: a placeholder such as <id> would vanish from a page as a tag."""
    return f"`{fix}`" if fix.startswith("az ") else fix
