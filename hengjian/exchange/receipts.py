"""A write by a key happens once: again under the same number it is only answered again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.exchange.models import AccessKey, KeyReceipt
from hengjian.terms.canonical import digest_of
from hengjian.terms.errors import Refused

Answer = dict[str, Any]
KEPT = timedelta(days=90)


def once(
    key: AccessKey, idempotency: str, content: object, deed: Callable[[], Answer], *, now: datetime
) -> tuple[Answer, bool]:
    """Do it and keep its answer in one transaction; what was done under this number is answered again.

    Two requests with one number: the second waits for the first. A refusal keeps nothing and may be tried
    again. Clause: SPEC F4
    Returns: the answer, and whether it is a repeated one.
    Raises: Refused when the number was used for something else; whatever the deed refuses.
    """
    digest = digest_of(content)
    with transaction.atomic():
        with connection.cursor() as cursor:
            name = f"hengjian.exchange {key.pk} {idempotency}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        KeyReceipt.objects.filter(key=key, at__lt=now - KEPT).delete()
        earlier = KeyReceipt.objects.filter(key=key, idempotency=idempotency).first()
        if earlier is not None:
            if earlier.content != digest:
                raise Refused(
                    _("这个幂等键已用于别的内容"), where="Idempotency-Key", do=_("请换一个键"),
                    code="exchange.idempotency",
                )  # fmt: skip
            return earlier.answer, True
        answer = deed()
        KeyReceipt.objects.create(key=key, idempotency=idempotency, content=digest, answer=answer, at=now)
    return answer, False
