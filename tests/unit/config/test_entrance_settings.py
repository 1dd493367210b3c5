"""What the entrance's settings become behind HTTPS, and what only a proxy of ours may say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import RequestFactory

ASK = """
import json, django
django.setup()
from django.conf import settings
names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
         "SESSION_COOKIE_HTTPONLY", "SECURE_HSTS_SECONDS", "ALLAUTH_TRUSTED_PROXY_COUNT",
         "SECOND_FACTOR_REQUIRED", "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def told(tmp_path: Path, **said: str) -> dict[str, object]:
    env = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "hengjian.config.settings", "HENGJIAN_DATA": str(tmp_path),
        "HENGJIAN_SECRET_KEY": "x" * 50, **said,
    }  # fmt: skip
    ended = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=True)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def test_behind_https_cookies_belong_to_this_host_alone(tmp_path: Path) -> None:
    found = told(tmp_path, HENGJIAN_HTTPS="1", HENGJIAN_SECOND_FACTOR="required")
    assert found == {
        "SESSION_COOKIE_NAME": "__Host-session", "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "SESSION_COOKIE_HTTPONLY": True,
        "SECURE_HSTS_SECONDS": 31_536_000, "ALLAUTH_TRUSTED_PROXY_COUNT": 1, "SECOND_FACTOR_REQUIRED": True,
        "SESSION_COOKIE_PATH": "/", "SESSION_COOKIE_DOMAIN": None,
    }  # fmt: skip


def test_without_https_no_proxy_is_believed(tmp_path: Path) -> None:
    assert told(tmp_path)["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "203.0.113.7")])
def test_the_callers_address_is_what_a_proxy_of_ours_says_and_nothing_else(
    settings: object, proxies: int, address: str
) -> None:
    from hengjian.console.entrance.adapters import AccountAdapter

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies  # type: ignore[attr-defined]
    forged = {"x-forwarded-for": "198.51.100.1, 203.0.113.7"}  # the first is what the caller made up
    asked = RequestFactory(headers=forged).get("/", REMOTE_ADDR="10.0.0.9")
    assert AccountAdapter(asked).get_client_ip(asked) == address
