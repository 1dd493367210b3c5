"""Who somebody known to a single sign-on provider is here: only whom an administrator has bound."""

from datetime import date

from django.db import transaction

from hengjian.access.models import Identity, User
from hengjian.notary.recording import notarise
from hengjian.terms.errors import Refused


def holder(provider: str, subject: str) -> User | None:
    """The account that this person of the provider is; None when nobody was bound, or it was released."""
    newest = Identity.objects.filter(provider=provider, subject=subject).select_related("user").first()
    return None if newest is None or newest.released else newest.user


def bind(user: User, provider: str, subject: str, *, on: date, by: User | None, reason: str) -> Identity:
    """Bind a person of a provider to an account; one who is bound already is refused."""
    return _write(user, provider, subject, on=on, by=by, reason=reason, released=False)


def release(user: User, provider: str, subject: str, *, on: date, by: User | None, reason: str) -> Identity:
    """End it: the person can no longer sign in by that provider."""
    return _write(user, provider, subject, on=on, by=by, reason=reason, released=True)


def _write(
    user: User, provider: str, subject: str, *, on: date, by: User | None, reason: str, released: bool
) -> Identity:
    if not reason.strip():
        raise Refused("没有写理由", do="请写明绑定或解除的理由", code="access.reason_missing")
    with transaction.atomic():
        list(User.objects.select_for_update().filter(pk=user.pk))
        held = holder(provider, subject)
        if not released and held is not None:
            raise Refused("这个平台用户已绑定账号", do="请先解除原绑定", code="access.identity_bound")
        if released and held != user:
            raise Refused("这个平台用户没有绑定本账号", do="请核对", code="access.identity_not_bound")
        row = Identity.objects.create(
            user=user, provider=provider.strip(), subject=subject.strip(), released=released, on=on, by=by,
            reason=reason.strip(),
        )  # fmt: skip
        notarise(on, row)
    return row
