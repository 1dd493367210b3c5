"""Before the log runs its pages say how to begin."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from console.conftest import SEED

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_before_the_log_runs_pages_say_how_to_begin(signed_in: Browser, city: str) -> None:
    client = signed_in("office")
    assert "hengjian notary init" in page(client, "/notary/")
    assert "hengjian witness" in page(client, "/notary/witnesses/")
    assert "还没有核对过" in page(client, "/notary/reconciliation/")
    assert "日志还没有建立" in page(client, "/notary/verify/")
    assert "待存证" in page(client, f"/cycles/{SEED}/")
