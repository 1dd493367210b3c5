"""Settings: one secret kept to ourselves, safe defaults, logs without names, no traceback from commands."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import call_command

from hengjian.config.logs import withhold
from hengjian.config.secret import secret_key
from hengjian.terms.errors import Refused


def run(code: str, root: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = secret_key({}, tmp_path / "new")
    assert secret_key({}, tmp_path / "new") == first
    assert secret_key({}, tmp_path / "other") != first
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_programs_that_start_at_once_agree_on_the_secret(tmp_path: Path, root: Path) -> None:
    code = (
        "from pathlib import Path; from hengjian.config.secret import secret_key;"
        f"print(secret_key({{}}, Path({str(tmp_path)!r})))"
    )
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: run(code, root).stdout, range(4)))
    assert len(set(said)) == 1
    assert len(said[0].strip()) > 50


def test_given_secret_wins_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_key({"HENGJIAN_SECRET_KEY": "given"}, tmp_path / "none") == "given"
    assert not (tmp_path / "none").exists()


def test_cut_off_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short", encoding="ascii")
    with pytest.raises(Refused) as fault:
        secret_key({}, tmp_path)
    assert fault.value.code == "config.secret"


def test_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(Refused) as fault:
        secret_key({}, tmp_path / "file")
    assert fault.value.code == "config.secret"


def test_logs_withhold_who_somebody_is() -> None:
    event = {"event": "signed in", "username": "wang", "display_name": "王某", "account": 17}
    assert withhold(None, "info", event) == {
        "event": "signed in",
        "username": "…",
        "display_name": "…",
        "account": 17,
    }


def test_a_log_line_is_json_in_utc(root: Path) -> None:
    code = (
        "from hengjian.config.logs import configure_logs; configure_logs();"
        "import structlog, logging;"
        "structlog.get_logger('hengjian.x').info('扣分', seat=3, name='王某');"
        "logging.getLogger('other').warning('plain')"
    )
    first, second = (json.loads(line) for line in run(code, root).stderr.splitlines())
    assert (first["event"], first["seat"], first["name"], first["level"]) == ("扣分", 3, "…", "info")
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "plain"


def test_djangos_own_checks_for_deployment_pass(root: Path) -> None:
    code = (
        "import django, sys; django.setup();"
        "from django.core.management import call_command;"
        "call_command('check', deploy=True, fail_level='WARNING')"
    )
    safe = run(
        code,
        root,
        HENGJIAN_HTTPS="1",
        HENGJIAN_SECRET_KEY="k7" * 3 + "abcdefghijklmnopqrstuvwxyz0123456789-" * 2,
    )
    assert safe.returncode == 0, safe.stderr
    bare = run(code, root, HENGJIAN_DEBUG="1", HENGJIAN_HTTPS="1")
    assert "security.W018" in bare.stderr


def test_debug_is_off_unless_asked(root: Path) -> None:
    code = "from django.conf import settings; print(settings.DEBUG, settings.SESSION_COOKIE_SECURE)"
    assert run(code, root).stdout == "False False\n"
    assert run(code, root, HENGJIAN_DEBUG="1", HENGJIAN_HTTPS="1").stdout == "True True\n"


def test_command_with_a_bad_address_says_so_without_traceback(root: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "hengjian.config.manage", "check"],
        cwd=root,
        env={**os.environ, "DATABASE_URL": "mysql://x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "DATABASE_URL" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
