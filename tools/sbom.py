"""requirements.lock -> build/sbom.json, a software bill of materials as CycloneDX 1.6.

    python tools/sbom.py

Every pinned package with its hashes, what needs it, and its licence where it is installed here. The same lock
makes the same bytes: no clock is in it, and its serial number is drawn from the lock.
"""

import json
import re
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK, BOM = ROOT / "requirements.lock", ROOT / "build" / "sbom.json"
OURS = "nanospread"
PRIVATE = 0o700


def bill(lock: str, version: str) -> dict[str, Any]:
    """Return the bill of materials of a lock. version: our own."""
    blocks = [block for block in re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE) if "==" in block]
    root = {"type": "application", "bom-ref": OURS, "name": OURS, "version": version}
    components = sorted((_component(block) for block in blocks), key=lambda one: str(one["bom-ref"]))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, lock)}",
        "version": 1,
        "metadata": {"component": root},
        "components": components,
        "dependencies": _dependencies(blocks),
    }


def _pin(block: str) -> tuple[str, str, str]:
    """Return the name, the version and the marker of a block of the lock."""
    requirement = Requirement(block.splitlines()[0].rstrip(" \\"))
    version = str(requirement.specifier).removeprefix("==")
    return canonicalize_name(requirement.name), version, str(requirement.marker or "")


def _reference(block: str) -> str:
    name, version, _ = _pin(block)
    return f"pkg:pypi/{name}@{version}"


def _component(block: str) -> dict[str, Any]:
    name, version, marker = _pin(block)
    hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(block),
        "name": name,
        "version": version,
        "purl": _reference(block),
        "hashes": [{"alg": "SHA-256", "content": content} for content in hashes],
    }
    if licence := _licence(name, version):
        component["licenses"] = [{"license": {"name": licence}}]
    if marker:
        component["properties"] = [{"name": "nanospread:marker", "value": marker}]
    return component


def _licence(name: str, version: str) -> str:
    """Return what a package that is installed in this version says of its licence, in one line."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if said["Version"] != version:
        return ""
    classified = [line.split(" :: ")[-1] for line in said.get_all("Classifier", []) if "License ::" in line]
    text = said.get("License-Expression") or "; ".join(classified) or said.get("License") or ""
    return text.strip().splitlines()[0][:200] if text.strip() else ""


def _dependencies(blocks: list[str]) -> list[dict[str, Any]]:
    """Return which package needs which, as the lock's `# via` lines say."""
    references: dict[str, list[str]] = {}
    for block in blocks:
        references.setdefault(_pin(block)[0], []).append(_reference(block))
    needed: dict[str, set[str]] = {OURS: set(), **{_reference(block): set() for block in blocks}}
    for block in blocks:
        for line in re.findall(r"^    #[ ]+(?:via[ ]+)?(\S.*)$", block, flags=re.MULTILINE):
            parents = [OURS] if line.startswith("-r ") else references.get(canonicalize_name(line), [])
            for parent in parents:
                needed[parent].add(_reference(block))
    return [{"ref": ref, "dependsOn": sorted(needs)} for ref, needs in sorted(needed.items())]


if __name__ == "__main__":
    BOM.parent.mkdir(exist_ok=True)
    BOM.parent.chmod(PRIVATE)
    content = bill(LOCK.read_text(encoding="utf-8"), metadata.version(OURS))
    BOM.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{BOM.relative_to(ROOT)}: {len(content['components'])} packages")
