"""The roles that a person can be granted."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a grant lets its holder do; nothing is allowed without one."""

    OFFICE = "office", _("考核办")  # imports, freezes, scores, publishes
    LEADER = "leader", _("分管领导")  # reviews and signs
    AUDITOR = "auditor", _("审计与纪检")  # reads everything, changes nothing
    OFFICIAL = "official", _("干部本人")  # reads the own sheet, contests
    FOLLOWUP = "followup", _("回访专员")  # handles low marks of units below the own
    REVIEWER = "reviewer", _("复核专员")  # decides, with another, whether a mark counts
    PROTECTOR = "protector", _("举报办理专员")  # handles sealed reports of inducement and retaliation
