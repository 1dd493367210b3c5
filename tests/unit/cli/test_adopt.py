"""``hengjian notary adopt``: rows from before the log, counted first, then logged with author and reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from hengjian.cli import run as run_command

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two grants as a version without a log wrote them."""
    from hengjian.access.models import Grant
    from hengjian.access.operations import create_user
    from hengjian.access.roles import Role

    @contextmanager
    def ready(**_more: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr("hengjian.cli.session.django_ready", ready)
    for name in ("kaoheban", "shenji"):
        user = create_user(name, name, now=NOW)
        Grant.objects.create(user=user, role=Role.AUDITOR, starts_on=date(2026, 3, 1), reason="测试")


def run(*words: str) -> int:
    return run_command(list(words))


def logged() -> int:
    from hengjian.notary.models import Commitment

    return Commitment.objects.filter(kind="access.grant").count()


def test_without_a_kind_it_only_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("notary", "adopt") == 0
    said = capsys.readouterr().out
    assert "access.grant：2 条没有存证" in said
    assert "adopt --all --by" in said
    assert logged() == 0


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_without_a_reason_it_logs_nothing(reason: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("notary", "adopt", "--all", "--by", "kaoheban", *reason) == 2
    assert "notary.unsigned" in capsys.readouterr().err
    assert logged() == 0


def test_an_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("notary", "adopt", "--kind", "no.such", "--by", "x", "--reason", "启用日志") == 2
    assert "notary.kind" in capsys.readouterr().err


@pytest.mark.parametrize("which", [["--all"], ["--kind", "access.grant"]])
def test_what_was_there_is_logged_and_signed_for(
    which: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from hengjian.notary.models import Adoption, Commitment
    from hengjian.proof.commitments import Entry

    assert run("notary", "adopt", *which, "--by", "kaoheban", "--reason", "启用日志") == 0
    told = capsys.readouterr()
    assert "access.grant：补入存证 2 条" in told.out
    assert "access.grant 2/2" in told.err
    entries = Commitment.objects.filter(kind="access.grant").values_list("entry", flat=True)
    assert [Entry.parse(bytes(one)).public for one in entries] == [{"adopted": 1}] * 2
    (kept,) = Adoption.objects.filter(kind="access.grant")
    assert (kept.count, kept.by, kept.reason) == (2, "kaoheban", "启用日志")
    assert run("notary", "adopt") == 0
    assert "所有受保护的记录都有存证" in capsys.readouterr().out


def test_every_difference_that_asks_for_a_deed_has_advice() -> None:
    from hengjian.cli.reconcile import ADVICE, WHATS

    assert {"row_unlogged", "form_missing", "form_lacks_column", "column_gone", "published_differs"} <= set(
        ADVICE
    )
    assert set(ADVICE) <= set(WHATS)


def test_a_closed_account_signs_in_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    from hengjian.access.models import User

    assert run("user", "close", "shenji") == 0
    assert "shenji" in capsys.readouterr().out
    assert [user.username for user in User.objects.filter(is_active=True)] == ["kaoheban"]
    assert run("user", "close", "nobody") == 2
    assert "nobody" in capsys.readouterr().err
