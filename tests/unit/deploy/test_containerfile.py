"""The container file: pinned, built from the lock files, run by nobody in particular, watched, and whole."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def lines(root: Path) -> list[str]:
    text = (root / "deploy/Containerfile").read_text(encoding="utf-8")
    text = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


def test_every_image_and_package_has_its_version(lines: list[str]) -> None:
    images = [line.partition("=")[2] for line in lines if line.startswith("ARG ")]
    assert len(images) == 2
    assert all(re.search(r":\d+\.\d+\.\d+-|@sha256:", one) for one in images), images
    for line in lines:
        if found := re.search(r"apt-get install -y --no-install-recommends ([^&]+)", line):
            assert all("=" in one for one in found[1].split()), found[1]


def test_python_and_pages_come_from_the_lock_files(lines: list[str]) -> None:
    runs = " ".join(line for line in lines if line.startswith("RUN "))
    assert "--require-hashes -r requirements.lock" in runs
    assert "npm ci " in runs
    assert len(re.findall(r"pip install", runs)) == len(re.findall(r"--require-hashes|--no-deps", runs))


def test_what_is_copied_exists(root: Path, lines: list[str]) -> None:
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (root / name).exists(), name


def test_the_last_stage_runs_as_an_ordinary_user_and_is_watched(lines: list[str]) -> None:
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :]
    (user,) = [line for line in last if line.startswith("USER ")]
    assert re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", user)
    assert any(line.startswith("HEALTHCHECK ") and "/readyz" in line for line in last)
    assert not any("pip install" in line or "npm" in line for line in last), "built elsewhere, only copied"
    assert any(line == "VOLUME /var/lib/hengjian" for line in last)


def test_its_command_is_one_of_ours(lines: list[str]) -> None:
    import json

    from click.testing import CliRunner

    from hengjian.cli import cli

    words = json.loads(next(line for line in lines if line.startswith("CMD [")).removeprefix("CMD "))
    assert CliRunner().invoke(cli, [words[0], "--help"]).exit_code == 0
    offered = CliRunner().invoke(cli, [words[0], "--help"]).output
    assert all(word in offered for word in words if word.startswith("--"))
