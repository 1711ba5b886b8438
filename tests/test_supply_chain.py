"""Proves what SECURITY.md says of what we are made of: pinned actions, a bill of materials, an audit."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import sbom

WORKFLOWS = [
    *(paths.ROOT / ".github" / "workflows").glob("*.yml"),
    *(paths.PACKAGE / "resources" / "workspace" / "github" / "workflows").glob("*.yml"),
]
LOCK = sbom.LOCK.read_text(encoding="utf-8")
BILL = sbom.bill(LOCK, "1.0")
SMALL = """\
a-b==1.0 ; python_version < '3.12' \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via -r requirements/run.in
c==2
    # via
    #   -r requirements/test.in
    #   a-b
"""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.parts[-4])
def test_workflows_pin_every_action_by_its_commit_and_may_only_read(workflow):
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "secrets." not in text


def test_both_workflows_use_the_same_actions():
    used = [re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8")) for workflow in WORKFLOWS]
    assert len(used) == 2
    assert used[0] == used[1]


def test_the_bill_names_every_pin_with_its_hashes():
    pins = re.findall(r"^([a-z0-9][\w.-]*)==([^ ]+)", LOCK, flags=re.MULTILINE)
    assert sorted((one["name"], one["version"]) for one in BILL["components"]) == sorted(pins)
    assert sum(len(one["hashes"]) for one in BILL["components"]) == LOCK.count("--hash=sha256:")
    assert len({one["bom-ref"] for one in BILL["components"]}) == len(pins)


def test_the_bill_says_who_needs_whom_and_leads_from_us_to_every_package():
    needs = {one["ref"]: one["dependsOn"] for one in BILL["dependencies"]}
    reached, ahead = set(), [sbom.OURS]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead += needs[ref]
    assert reached == {sbom.OURS} | {one["bom-ref"] for one in BILL["components"]}


def test_the_bill_of_a_small_lock_by_hand():
    one, two = "1" * 64, "2" * 64
    bill = sbom.bill(SMALL.format(one=one, two=two), "3")
    first, second = bill["components"]
    assert first["purl"] == "pkg:pypi/a-b@1.0"
    assert [each["content"] for each in first["hashes"]] == [one, two]
    assert first["properties"] == [{"name": "nanospread:marker", "value": 'python_version < "3.12"'}]
    assert (second["name"], second["version"], second["hashes"]) == ("c", "2", [])
    assert bill["dependencies"] == [
        {"ref": "nanospread", "dependsOn": ["pkg:pypi/a-b@1.0", "pkg:pypi/c@2"]},
        {"ref": "pkg:pypi/a-b@1.0", "dependsOn": ["pkg:pypi/c@2"]},
        {"ref": "pkg:pypi/c@2", "dependsOn": []},
    ]


def test_the_same_lock_makes_the_same_bill_and_another_one_another_number():
    assert json.dumps(sbom.bill(LOCK, "1.0")) == json.dumps(BILL)
    assert sbom.bill(LOCK + "\n", "1.0")["serialNumber"] != BILL["serialNumber"]


def test_an_installed_package_says_its_licence():
    said = {one["bom-ref"]: str(one.get("licenses", "")) for one in BILL["components"]}
    assert "BSD" in said[f"pkg:pypi/numpy@{metadata.version('numpy')}"]
    small = sbom.bill("numpy==0.0\nno-such-package==1\n", "1")
    assert [one for one in small["components"] if "licenses" in one] == []


@pytest.mark.parametrize(
    ("does", "status", "line"),
    [
        ("exit 0", 0, "No known vulnerability in the locked packages."),
        ("echo unreachable >&2; exit 1", 0, "Not audited: the advisories cannot be reached from here"),
        ("echo '{}' > build/audit.json; exit 1", 1, "Known vulnerabilities: build/audit.json says which"),
    ],
)
def test_an_audit_tells_what_it_found_or_that_it_could_not_look(tmp_path, does, status, line):
    script = tmp_path / "tools" / "audit.sh"
    script.parent.mkdir()
    shutil.copy(paths.ROOT / "tools" / "audit.sh", script)
    (tmp_path / "tools" / "audit.lock").touch()
    os.utime(tmp_path / "tools" / "audit.lock", (0, 0))
    program = tmp_path / ".venv-audit" / "bin" / "pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    (tmp_path / ".venv-audit" / ".ready").touch()
    ended = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert ended.returncode == status
    assert ended.stdout.splitlines()[-1].startswith(line)
    assert (tmp_path / "build").stat().st_mode & 0o777 == 0o700


def test_an_audit_that_cannot_be_set_up_says_so(tmp_path):
    script = tmp_path / "tools" / "audit.sh"
    script.parent.mkdir()
    shutil.copy(paths.ROOT / "tools" / "audit.sh", script)
    (tmp_path / "tools" / "audit.lock").touch()
    ended = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1].startswith("Not audited: pip-audit cannot be installed")


def test_the_security_page_is_linked_and_names_tests_that_are_there():
    page = (paths.ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert "docs/security.md" in (paths.ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "\nsecurity\n" in (paths.ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {path.stem for path in Path(paths.ROOT / "tests").rglob("test_*.py")}
    assert len(named) > 8
    assert named - there == set()
