"""The database refuses subscriptions and notices that may not be, and any change of what was approved."""

from typing import Any

import pytest
from django.db import InternalError, connection, models, transaction
from django.db.utils import DatabaseError, IntegrityError

from hengjian.exchange.models import Happening, Kind, Push, PushSecret, Subscription, SubscriptionEnd
from tests.unit.exchange.conftest import NOW, subscribe

CASES: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("subscription_titled", Subscription, {"title": ""}),
    ("subscription_web_address", Subscription, {"url": "ftp://platform.example/"}),
    ("subscription_web_address", Subscription, {"url": "https://user@platform.example/"}),
    ("subscription_kinds_known", Subscription, {"kinds": []}),
    ("subscription_kinds_known", Subscription, {"kinds": ["marks.live"]}),
    ("subscription_two_people", Subscription, {"by": "account"}),
    ("pushsecret_is_sealed", PushSecret, {"sealed": ""}),
    ("subscriptionend_has_reason", SubscriptionEnd, {"reason": ""}),
    ("happening_kind_known", Happening, {"kind": "marks.live"}),
    ("happening_of_marks_names_nothing", Happening, {"kind": "marks.released", "subject": "G1"}),
    ("push_state_known", Push, {"state": "lost", "next_at": None}),
    ("push_waits_for_a_time", Push, {"next_at": None}),
    ("push_waits_for_a_time", Push, {"state": "delivered"}),
]


@pytest.fixture
def sound(people: Any, sealer: Any) -> dict[type[models.Model], dict[str, Any]]:
    """Fields of a row of each table as it may be."""
    holder, security = people
    made, _secret = subscribe(holder, security, sealer, "https://platform.example/")
    told = Happening.objects.create(kind=Kind.FROZEN, subject="a", at=NOW)
    return {
        Subscription: {"account": holder, "by": security, "title": "x", "url": "https://a.example/b?c=@d",
                       "kinds": ["marks.released"], "until": NOW.date(), "at": NOW},
        PushSecret: {"subscription": made, "sealed": "00", "at": NOW},
        SubscriptionEnd: {"subscription": made, "reason": "x", "by": None, "at": NOW},
        Happening: {"kind": Kind.RELEASED, "subject": "", "at": NOW},
        Push: {"happening": told, "subscription": made, "next_at": NOW},
    }  # fmt: skip


@pytest.mark.parametrize(("name", "model", "wrong"), CASES)
def test_a_row_that_may_not_be(sound: Any, name: str, model: Any, wrong: dict[str, Any]) -> None:
    fields = sound[model] | {k: sound[model]["account"] if v == "account" else v for k, v in wrong.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.create(**fields)
    model.objects.create(**sound[model])


def test_one_notice_for_a_subscriber(sound: Any) -> None:
    Push.objects.create(**sound[Push])
    with pytest.raises(IntegrityError, match="push_once_a_subscriber"), transaction.atomic():
        Push.objects.create(**sound[Push])


def test_each_constraint_is_tried() -> None:
    named = {one.name for model in (Subscription, PushSecret, SubscriptionEnd, Happening, Push)
             for one in model._meta.constraints}  # fmt: skip
    assert named == {name for name, _model, _wrong in CASES} | {"push_once_a_subscriber"}


@pytest.mark.parametrize("table", ["subscription", "pushsecret", "subscriptionend"])
@pytest.mark.parametrize("deed", ["UPDATE exchange_{} SET at = now()", "DELETE FROM exchange_{}"])
def test_what_was_approved_drawn_or_ended_stays(sound: Any, table: str, deed: str) -> None:
    SubscriptionEnd.objects.create(**sound[SubscriptionEnd])
    with (
        pytest.raises((InternalError, DatabaseError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format(table))


def test_each_of_them_is_a_leaf(people: Any, sealer: Any) -> None:
    from hengjian.exchange.subscriptions import end
    from hengjian.notary.models import Commitment

    holder, security = people
    made, _secret = subscribe(holder, security, sealer, "https://platform.example/")
    end(made, "停用", by=holder, now=NOW)
    kinds = Commitment.objects.filter(kind__startswith="exchange.").values_list("kind", flat=True)
    assert sorted(kinds) == ["exchange.pushsecret", "exchange.subscription", "exchange.subscriptionend"]
