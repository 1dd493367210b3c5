"""Accounts, what is granted to them, and the tickets of who looked at whom."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hengjian.access.purposes import Purpose, Shown
from hengjian.access.roles import Role
from hengjian.access.ways import Ended, Method


class UserManager(BaseUserManager["User"]):
    """Finds accounts by their sign-in name."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account. It holds no mail address, no telephone number and no identity number."""

    username = models.CharField(
        _("登录名"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()]
    )
    display_name = models.CharField(_("显示名"), max_length=100)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("建立时间"))
    # set by somebody else: whoever signs in with it must choose another first
    initial_password = models.BooleanField(_("初始密码"), default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")
        constraints = [
            models.CheckConstraint(condition=~Q(username="") & ~Q(display_name=""), name="user_has_names"),
            # Without a password the field holds "!…", which no password can match.
            models.CheckConstraint(condition=~Q(password=""), name="user_password_not_empty"),
        ]

    def __str__(self) -> str:
        return self.display_name


class Grant(models.Model):
    """A role given to an account by a named person, for a reason, from a day until before a day.

    Append-only: what ends it early is a :class:`Revocation`.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices)
    organisation = models.CharField(
        _("范围（机构代码路径，空为全部）"), max_length=200, blank=True, default=""
    )
    official_id = models.CharField(_("干部编号"), max_length=64, blank=True, default="")
    starts_on = models.DateField(_("开始日"))
    ends_on = models.DateField(_("截止日（不含）"), null=True, blank=True)
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="grants_given"
    )
    reason = models.CharField(_("授权理由"), max_length=500)

    class Meta:
        verbose_name = _("授权")
        verbose_name_plural = _("授权")
        indexes = [models.Index(fields=["user", "role"], name="grant_user_role")]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="grant_role_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_reason"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="grant_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.OFFICIAL) & ~Q(official_id="")
                | ~Q(role=Role.OFFICIAL) & Q(official_id=""),
                name="grant_official_names_its_official",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.user_id}"


class Ticket(models.Model):
    """One look: who looked at which persons, at what, for what purpose. Never changed, never deleted.

    The database itself sets ``at``, ``expires_at`` and ``issued_in`` (the number of the transaction that
    wrote the row) and gives names in clear only for a ticket that an earlier transaction has committed.
    ``key_digest`` is the digest of a value that only the request that looks ever held; ``code`` is short and
    stands at the foot of what was shown, so that a copy leads back to this row. A ``sealed`` look is not
    shown to the person concerned until a day.
    """

    code = models.CharField(_("查询编号"), max_length=12, unique=True, db_collation="C")
    key_digest = models.CharField(_("凭据摘要"), max_length=64, db_collation="C")
    viewer = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("查看人")
    )
    role = models.CharField(_("以何角色"), max_length=20, choices=Role.choices)
    officials = ArrayField(models.CharField(max_length=64), verbose_name=_("干部编号"))
    purpose = models.CharField(_("目的"), max_length=20, choices=Purpose.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    shown = models.CharField(_("查看内容"), max_length=20, choices=Shown.choices)
    cycle = models.CharField(_("考核周期"), max_length=60, blank=True, default="")
    sealed_until = models.DateField(_("封存至"), null=True, blank=True)
    sealed_clause = models.CharField(_("封存依据"), max_length=100, blank=True, default="")
    sealed_reason = models.CharField(_("封存理由"), max_length=200, blank=True, default="")
    minutes = models.PositiveSmallIntegerField(_("有效分钟"))
    at = models.DateTimeField(_("时间"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("有效至"), db_default=Now(), editable=False)
    issued_in = models.BigIntegerField(_("登记事务"), db_default=0, editable=False)

    class Meta:
        verbose_name = _("查询留痕")
        verbose_name_plural = _("查询留痕")
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["officials"], name="ticket_officials"),
            models.Index(fields=["viewer", "id"], name="ticket_viewer"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[2-9A-HJ-NP-Z]{10}$"), name="ticket_code_form"),
            models.CheckConstraint(
                condition=Q(key_digest__regex=r"^[0-9a-f]{64}$"), name="ticket_key_digest_form"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="ticket_role_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="ticket_purpose_known"),
            models.CheckConstraint(condition=Q(shown__in=Shown.values), name="ticket_shown_known"),
            models.CheckConstraint(condition=Q(officials__len__gte=1), name="ticket_names_persons"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=60), name="ticket_minutes"),
            models.CheckConstraint(
                condition=~Q(purpose=Purpose.OTHER) | ~Q(note=""), name="ticket_other_purpose_is_told"
            ),
            models.CheckConstraint(
                condition=Q(sealed_until__isnull=True, sealed_clause="", sealed_reason="")
                | Q(sealed_until__isnull=False) & ~Q(sealed_clause="") & ~Q(sealed_reason=""),
                name="ticket_sealed_with_clause_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Revocation(models.Model):
    """The end of a grant from a day on, by a named person, for a reason. Append-only. 撤销授权"""

    grant = models.OneToOneField(
        Grant, on_delete=models.PROTECT, related_name="revocation", verbose_name=_("授权")
    )
    on = models.DateField(_("撤销日"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("撤销人"))
    reason = models.CharField(_("撤销理由"), max_length=500)

    class Meta:
        verbose_name = _("撤销授权")
        verbose_name_plural = _("撤销授权")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="revocation_has_reason")]

    def __str__(self) -> str:
        return f"{self.grant_id} · {self.on}"


class SignIn(models.Model):
    """One sign-in and how it ended. It keeps no network address, and of the device only its kind."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_ins", verbose_name=_("账号"))
    session_key = models.CharField(_("会话"), max_length=40, blank=True, default="", editable=False)
    method = models.CharField(_("登录方式"), max_length=20, choices=Method.choices)
    device = models.CharField(_("设备"), max_length=60, blank=True, default="")
    started_at = models.DateTimeField(_("登录时间"))
    seen_at = models.DateTimeField(_("最近使用"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_why = models.CharField(_("结束原因"), max_length=20, choices=Ended.choices, blank=True, default="")

    class Meta:
        verbose_name = _("登录会话")
        verbose_name_plural = _("登录会话")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "ended_at"], name="sign_in_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["session_key"], condition=~Q(session_key=""), name="sign_in_session"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="") & ~Q(session_key="")
                | Q(ended_at__isnull=False, session_key="") & ~Q(ended_why=""),
                name="sign_in_open_or_ended",
            ),
            models.CheckConstraint(condition=Q(seen_at__gte=F("started_at")), name="sign_in_seen_after"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="sign_in_method_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.started_at:%Y-%m-%d %H:%M}"


class Identity(models.Model):
    """Which person of a single sign-on provider is which account; ``released`` ends it. Append-only.

    The newest row of a provider and subject counts.
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="identities", verbose_name=_("账号")
    )
    provider = models.CharField(_("单点登录平台"), max_length=60, db_collation="C")
    subject = models.CharField(_("平台上的用户标识"), max_length=255, db_collation="C")
    released = models.BooleanField(_("解除"), default=False)
    on = models.DateField(_("日期"))
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办理人")
    )
    reason = models.CharField(_("理由"), max_length=500)

    class Meta:
        verbose_name = _("单点登录身份")
        verbose_name_plural = _("单点登录身份")
        ordering = ["-id"]
        indexes = [models.Index(fields=["provider", "subject"], name="identity_subject")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(provider="") & ~Q(subject="") & ~Q(reason=""), name="identity_is_told"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.user_id}"
