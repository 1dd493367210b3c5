"""The systemd units: right by systemd's own word, hardened, and their commands are ones that we have."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from hengjian.cli import cli

HARDENED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "CapabilityBoundingSet": "", "UMask": "0077", "RestrictSUIDSGID": "yes", "User": "hengjian",
}  # fmt: skip
PROGRAM = "/opt/hengjian/bin/hengjian"


def units(root: Path) -> list[Path]:
    found = sorted((root / "deploy" / "systemd").glob("*.service"))
    assert len(found) == 6
    return found


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def test_every_service_is_hardened_and_runs_a_command_of_ours(root: Path) -> None:
    for path in units(root):
        service = read(path)["Service"]
        assert {key: service[key] for key in HARDENED} == HARDENED, path.name
        program, *words = service["ExecStart"].split()
        assert program == PROGRAM
        done = CliRunner().invoke(cli, [*words, "--help"])
        assert done.exit_code == 0, (path.name, done.output)


def test_systemd_finds_nothing_wrong(root: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("没有 systemd-analyze")
    files = [*units(root), root / "deploy" / "systemd" / "hengjian-backup.timer"]
    for path in files:  # the program stands elsewhere on this machine
        text = path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / path.name) for path in files)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "hengjian" in line]
    assert not told, told
    broken = tmp_path / "hengjian-worker.service"
    broken.write_text(
        broken.read_text(encoding="utf-8").replace("PrivateTmp=yes", "PrivateTmpp=yes"), encoding="utf-8"
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", str(broken)], capture_output=True, text=True, check=False, timeout=60
    )
    assert "PrivateTmpp" in done.stderr  # it does look
