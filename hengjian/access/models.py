"""Accounts and what is granted to them."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengjian.access.roles import Role


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
    """A role given to an account by a named person, for a reason, from a day until before a day."""

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
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="grants_revoked"
    )
    revoked_reason = models.CharField(_("撤销理由"), max_length=500, blank=True, default="")

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
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True, revoked_reason="")
                | Q(revoked_by__isnull=False, ends_on__isnull=False) & ~Q(revoked_reason=""),
                name="grant_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.user_id}"
