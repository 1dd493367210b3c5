"""How a person signs in, and how a sign-in ends."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Method(TextChoices):
    """By what a person showed who it is."""

    PASSWORD = "password", _("密码")
    SECOND = "second", _("密码和第二重验证")
    PASSKEY = "passkey", _("通行密钥")
    SSO = "sso", _("单点登录")
    OTHER = "other", _("其他")


class Ended(TextChoices):
    """Why a sign-in is over."""

    LEFT = "left", _("本人退出")
    ELSEWHERE = "elsewhere", _("本人在别处退出")
    IDLE = "idle", _("闲置超时")
    LONG = "long", _("超过最长时间")
    PASSWORD = "password", _("更换密码")
    CLOSED = "closed", _("账号停用")
    PUT_OUT = "put_out", _("管理员强制退出")
