"""The roles that a person can be granted."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a grant lets its holder do; nothing is allowed without one.

    A member of a panel holds no role: a link that serves once lets that person in.
    """

    OFFICE = "office", _("考核办")  # imports, freezes, scores, publishes
    HEAD = "head", _("组织部部长")  # reads everything, reviews and signs
    DISCIPLINE = "discipline", _("纪委书记")  # reads everything, and who looked at whom
    LEADER = "leader", _("分管领导")  # reviews and signs
    AUDITOR = "auditor", _("审计与纪检")  # reads everything, changes nothing
    INSPECTION = "inspection", _("巡察组")  # reads everything for its term, changes nothing
    OFFICIAL = "official", _("干部本人")  # reads the own sheet, contests
    INSPECTOR = "inspector", _("核查员")  # checks what was refused and says what was found
    FEED = "feed", _("数据归口部门")  # puts right its records that were refused
    FOLLOWUP = "followup", _("回访专员")  # handles low marks of units below the own
    REVIEWER = "reviewer", _("复核专员")  # decides, with another, whether a mark counts
    PROTECTOR = "protector", _("举报办理专员")  # handles sealed reports of inducement and retaliation
    SYSTEM = "system", _("系统管理员")  # makes and closes accounts; sees no result
    SECURITY = "security", _("安全管理员")  # grants and revokes; makes no account, sees no result
    AUDIT = "audit", _("审计管理员")  # reads what the other two did; changes nothing


# 三员分立: an account that has ever been one of these is never anything else
ADMINISTRATORS = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
# who reads results and, by a ticket, persons in clear; the database knows the same list
READERS = (Role.OFFICE, Role.HEAD, Role.DISCIPLINE, Role.LEADER, Role.AUDITOR, Role.INSPECTION)
