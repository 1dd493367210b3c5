"""How django-allauth fits this house: nobody signs up, our words, secrets kept under our key."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengjian.access.models import User
from hengjian.console.entrance.fresh import is_fresh

WRONG = _("账号或密码不正确，或账号不可用。请核对后重试；忘记密码请联系系统管理员重置。")
LOCKED = _("尝试次数过多，已暂停登录。请 15 分钟后再试，或联系系统管理员。")
WRONG_CODE = _("验证码不正确或已过期，请用最新的一个。")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators only, and have no mail address."""

    error_messages = {  # noqa: RUF012 (as allauth declares it)
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "account_inactive": WRONG,
        "invalid_login": WRONG,
        "too_many_login_attempts": LOCKED,
        "incorrect_password": _("密码不正确。"),
        "enter_current_password": _("当前密码不正确。"),
        "incorrect_code": WRONG_CODE,
        "rate_limited": LOCKED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody signs up."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Only what is ours to say is said."""
        if kwargs.get("message"):
            super().add_message(*args, **kwargs)

    def clean_password(self, password: str, user: User | None = None) -> str:
        """The rules for passwords; a change must change it."""
        if user is not None and user.check_password(password):
            raise ValidationError(_("新密码不能与当前密码相同。"), code="password_same")
        return str(super().clean_password(password, user=user))

    def set_password(self, user: User, password: str) -> None:
        """A password that one chose oneself is no initial one."""
        user.set_password(password)
        user.initial_password = False
        user.save(update_fields=["password", "initial_password"])

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ARG002
        """Changing the own ways of signing in needs fresh proof."""
        return not is_fresh(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """By the second factor where there is one; the password alone only where there is none."""
        if not user.is_authenticated:
            return []
        offered: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        second = [one for one in offered if one["id"] != "reauthenticate"]
        return (
            second or offered or [{"id": "again", "description": "", "url": reverse("console:account-again")}]
        )


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: their secrets stand encrypted in the database."""

    error_messages = {  # noqa: RUF012 (as allauth declares it)
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _("本单位要求第二重验证，不能停用最后一种。"),
        "cannot_generate_recovery_codes": _("请先启用第二重验证。"),
    }

    def encrypt(self, text: str) -> str:
        """The secret under a key that only this installation holds."""
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again."""
        return _cipher().decrypt(encrypted_text.encode("ascii")).decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Where a second factor is demanded the last one stays."""
        if not settings.SECOND_FACTOR_REQUIRED:
            return True
        model = type(authenticator)
        others = model.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=model.Type.RECOVERY_CODES).exists())

    def _get_site_name(self) -> str:
        return "衡鉴 Hengjian"


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"hengjian second factors").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
