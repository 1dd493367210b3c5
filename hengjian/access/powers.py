"""Who may do what: each power with the roles that have it. Nothing is allowed that does not stand here.

docs/reference/rights.md is generated from this table, and the running pages are tested against it.
"""

from dataclasses import dataclass
from enum import Enum

from hengjian.access.roles import ADMINISTRATORS, READERS, Role


class Reach(Enum):
    """How far a power reaches within what is granted."""

    WHOLE = "whole"  # only a grant for the whole city serves
    UNITS = "units"  # the organisation of the grant and those under it
    BELOW = "below"  # only units below the own: whoever is of the unit may not
    OWN = "own"  # the person's own sheet
    ANY = "any"  # a grant of whatever reach


@dataclass(frozen=True)
class Power:
    """One power: its words as a refusal says them, its roles, its reach."""

    deed: str
    roles: frozenset[Role]
    reach: Reach = Reach.WHOLE


def _of(deed: str, *roles: Role, reach: Reach = Reach.WHOLE) -> Power:
    return Power(deed, frozenset(roles), reach)


READ = tuple(READERS)
SIGN = (Role.LEADER, Role.HEAD)
BUSINESS = tuple(role for role in Role if role not in ADMINISTRATORS)

POWERS: dict[str, Power] = {
    # accounts: three administrators, none of whom can do another's part
    "manage_accounts": _of("建立、停用账号和重置密码", Role.SYSTEM),
    "manage_access": _of("授权、撤销授权和绑定单点登录", Role.SECURITY),
    "read_accounts": _of("查看账号与授权", Role.SYSTEM, Role.SECURITY, Role.AUDIT),
    "read_sign_ins": _of("查看登录记录", Role.AUDIT),
    # what is destroyed: records by the office and a leader, traces of users by two administrators
    "list_records": _of("拟定业务数据的销毁清单", Role.OFFICE),
    "approve_records": _of("审批业务数据的销毁清单", *SIGN),
    "list_traces": _of("拟定查询留痕和登录记录的销毁清单", Role.SECURITY),
    "approve_traces": _of("审批查询留痕和登录记录的销毁清单", Role.AUDIT),
    "read_retention": _of(
        "查看保存期限与销毁", Role.OFFICE, *SIGN, Role.DISCIPLINE, Role.AUDITOR, Role.SECURITY, Role.AUDIT
    ),
    "hold_records": _of("暂缓销毁和解除暂缓", Role.DISCIPLINE, Role.AUDITOR, Role.AUDIT),
    "answer_requests": _of("登记和答复个人信息请求", Role.OFFICE),
    "record_leaks": _of("登记和处置泄露事件", Role.SECURITY),
    "read_leaks": _of("查看泄露事件", Role.SECURITY, Role.AUDIT, Role.DISCIPLINE, Role.HEAD),
    # the assessment
    "manage_roster": _of("维护机构与人员", Role.OFFICE, reach=Reach.UNITS),
    "manage_cycles": _of("组织考核周期（导入、冻结、计分）", Role.OFFICE),
    "review": _of("审核并签署考核结果", *SIGN),
    "publish": _of("公布考核结果", Role.OFFICE),
    "read_results": _of("查看考核结果", *READ, reach=Reach.UNITS),
    "read_own_sheet": _of("查看该干部的得分表", Role.OFFICIAL, reach=Reach.OWN),
    "read_quarantine": _of("查看待核记录", *READ, Role.INSPECTOR, Role.FEED, reach=Reach.UNITS),
    "correct_quarantine": _of("更正待核记录", Role.OFFICE, Role.FEED, reach=Reach.UNITS),
    "hand_in_rows": _of("报送归口数据", Role.OFFICE, Role.FEED, reach=Reach.UNITS),
    "dismiss_quarantine": _of("决定待核记录不予接收", Role.OFFICE, reach=Reach.UNITS),
    "check_quarantine": _of("对待核记录提出核查意见", Role.INSPECTOR, reach=Reach.UNITS),
    "read_policies": _of("查看考核制度", *BUSINESS, reach=Reach.ANY),
    # looking at persons
    "look": _of("查看干部个人信息", *READ, reach=Reach.UNITS),
    "seal_looks": _of("封存查询记录", Role.AUDITOR, Role.DISCIPLINE),
    "read_trail": _of("查看查询留痕", Role.AUDITOR, Role.DISCIPLINE, Role.AUDIT),
    "read_log": _of("查看存证", *READ, Role.AUDIT),
    "read_tallies": _of("核对凭证与评价票", Role.AUDITOR, Role.DISCIPLINE, Role.AUDIT),
    # low marks, contests, reports
    "follow_up": _of("办理低分回访", Role.FOLLOWUP, reach=Reach.BELOW),
    "decide_marks": _of("复核评价异议和异常", Role.REVIEWER, reach=Reach.BELOW),
    "contest_marks": _of("对评价提出异议", Role.OFFICIAL, reach=Reach.OWN),
    "handle_reports": _of("办理举报", Role.PROTECTOR, reach=Reach.BELOW),
    "suspend": _of("决定是否停职", Role.LEADER, reach=Reach.BELOW),
    # panels
    "manage_panels": _of("组织评价团（拟定名单、发放链接、结束评价）", Role.OFFICE),
    "sign_panels": _of("签署评价团名单", *SIGN),
    "read_panels": _of("查看评价团名单与进度", *READ),
}
