"""The bill of materials of a package: CycloneDX 1.6, of the wheels that are in the zip."""

from collections.abc import Sequence
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.package.wheels import Wheel

_DEPLOYED: Final = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "extra": "",
}
_LICENSE: Final = "License :: OSI Approved :: "


def bill_of(wheels: Sequence[Wheel], *, name: str, version: str, sha256: str) -> dict[str, Any]:
    """Return the bill; it has no time and no serial number, so it is the same for the same zip."""
    app = f"{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": app,
                "name": name,
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            }
        },
        "components": [_component(each) for each in wheels],
        "dependencies": [
            {"ref": app, "dependsOn": [_purl(each) for each in wheels]},
            *({"ref": _purl(each), "dependsOn": _needs(each, wheels)} for each in wheels),
        ],
    }


def _component(wheel: Wheel) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _purl(wheel),
        "name": wheel.name,
        "version": wheel.version,
        "purl": _purl(wheel),
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        "licenses": _licenses(wheel),
    }


def _purl(wheel: Wheel) -> str:
    return f"pkg:pypi/{wheel.name}@{wheel.version}"


def _licenses(wheel: Wheel) -> list[dict[str, Any]]:
    """Return what a package says of its license: an SPDX expression, else the name it gives."""
    expression = wheel.metadata.get("License-Expression")
    if expression:
        return [{"expression": str(expression)}]
    classified = [
        str(each).removeprefix(_LICENSE)
        for each in wheel.metadata.get_all("Classifier", [])
        if str(each).startswith(_LICENSE)
    ]
    stated = str(wheel.metadata.get("License", "")).strip().partition("\n")[0]
    return [{"license": {"name": each}} for each in classified or [stated] if each]


def _needs(wheel: Wheel, wheels: Sequence[Wheel]) -> list[str]:
    """Return the packages of the zip that a package needs on the deployed Python."""
    needed = set[str]()
    for each in wheel.metadata.get_all("Requires-Dist", []):
        requirement = Requirement(str(each))
        if requirement.marker is None or requirement.marker.evaluate(_DEPLOYED):
            needed.add(canonicalize_name(requirement.name))
    return [_purl(each) for each in wheels if each.name in needed]
