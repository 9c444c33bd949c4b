"""Whether a SQL server accepts only Entra ID sign-in, no SQL logins and passwords."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from detectors.evidence import check_objects, evidence
from detectors.sql.servers import INSTANCE, KIND, MANAGED_BY, SERVER, judge_unless_synapse
from drift import ids
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

_ONLY: Final = "properties.azureADOnlyAuthentication"
_SHOWN: Final = "properties.administrators"
_EXPANDED: Final = f"{_SHOWN}.azureADOnlyAuthentication"
_SID: Final = "properties.sid"

_ONLY_KIND: Final = "azureADOnlyAuthentications"
_ADMINS: Final = "administrators"

CONTROL: Final = Control(
    id="SQL-ENTRA-ONLY",
    title="SQL server must allow Entra ID sign-in only",
    service="SQL",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(d)", "164.312(a)(2)(i)"),
    why="Anyone with the password of a SQL login can read the PHI, and no log names the person.",
    fix="az sql server ad-only-auth enable --name <name> --resource-group <group>",
    watches={
        SERVER: (_SHOWN, KIND),
        f"{SERVER}/{_ONLY_KIND.lower()}": (_ONLY,),
        f"{SERVER}/{_ADMINS}": (_SID,),
        INSTANCE: (_SHOWN,),
        f"{INSTANCE}/{_ONLY_KIND.lower()}": (_ONLY,),
        f"{INSTANCE}/{_ADMINS}": (_SID,),
        ids.GROUP: (MANAGED_BY,),
    },
    also_judges=(INSTANCE,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate whether SQL logins are off; absent means on, the default."""
    return judge_unless_synapse(_judge, resource, estate)


def _judge(server: Resource, estate: Estate) -> Verdict:
    """Evaluate the setting, and what the server shows of it: ARM does so with ``$expand`` only.

    One document is enough if the other was never read. Two documents that contradict each other
    prove nothing, and a refused one may contradict.
    """
    name = f"{server.id}/{_ONLY_KIND}/Default"
    expanded = Resource(server.id, server.type, server.body)  # an optional detail of an event
    check_objects(expanded, "properties", _SHOWN)
    shown = expanded.flag(_EXPANDED)
    try:
        setting = estate.get(name) or Resource(name, "", {})
    except NotGiven:
        if shown is MISSING:
            raise
        setting = Resource(name, "", {})
    check_objects(setting, "properties")
    known = setting.flag(_ONLY)
    if MISSING not in {shown, known} and shown is not known:
        raise Unreadable(f"{name}#{_ONLY}", f"{known}, but {_EXPANDED} of the server is {shown}")
    found: tuple[Evidence, ...] = (evidence(setting, _ONLY, "true", of=server),)
    if shown is not MISSING:
        found = (evidence(server, _EXPANDED, "true"),)
    if shown or known:
        return Verdict(Outcome.PASS, "SQL logins are refused.", found)
    return _logins(setting, server, estate, found)


def _logins(
    setting: Resource, server: Resource, estate: Estate, found: tuple[Evidence, ...]
) -> Verdict:
    """Fail, with a higher severity where no Entra admin is set."""
    steps = (SetProperty(setting.id, _ONLY, True),)
    note = "SQL logins stop working at once. First give each user of one an Entra identity."
    fail = partial(Verdict, Outcome.FAIL)
    try:
        has_admin = _has_admin(server, estate)
    except Unreadable as error:
        reason = f"SQL logins are accepted. Whether an Entra admin is set is unknown ({error.why})."
        return fail(reason, found, fix=Fix(steps, f"Set an Entra admin first. {note}"))
    if has_admin:
        return fail("SQL logins are accepted.", found, fix=Fix(steps, note))
    group = "server" if server.type == SERVER else "mi"
    first = f"Set an Entra admin first: az sql {group} ad-admin create"
    return fail(
        "SQL logins are accepted, and no Entra admin is set.",
        (*found, Evidence(_SHOWN, None, "an Entra admin")),
        Severity.HIGH,
        Fix(note=f"{first}, then az sql {group} ad-only-auth enable. {note}"),
    )


def _has_admin(server: Resource, estate: Estate) -> bool:
    """Tell whether an Entra admin is set; ARM shows it on the server only on request."""
    shown = server.get(_SHOWN)
    if isinstance(shown, Mapping) and dig(shown, "sid") is not MISSING:
        return True
    return bool(estate.children(server.id, _ADMINS))
