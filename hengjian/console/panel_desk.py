"""What the panel's pages share: the office's moment and secret, forms for rounds, words of states."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengjian.console import laws
from hengjian.ratings.panels.marks import rater_salt
from hengjian.ratings.panels.models import OutsiderKind, Roll, Round
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rolls import OutsiderDraft, RoundPlan
from hengjian.roster.models import TieKind
from hengjian.roster.ties import TieDraft
from hengjian.terms.errors import PolicyError, Refused

POLICY = "seed"


def desk(request: HttpRequest, by: str = "") -> Office:
    """Whoever acts, now, under the shipped policy; ``by`` for raters without an account."""
    who = by or (request.user.get_username() if request.user.is_authenticated else "")
    return Office(who, timezone.now(), laws.files_of(POLICY), rater_salt(settings.SECRET_KEY))


def round_or_404(number: Any) -> Round:
    """A round by its number."""
    found = Round.objects.select_related("closing").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def roll_or_404(number: Any) -> Roll:
    """A roll by its number."""
    related = ("round__closing", "official", "post__organisation", "signature")
    found = Roll.objects.select_related(*related).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


STATES = {
    "open": _("待评"),
    "saved": _("已暂存"),
    "issued": _("已领取凭证"),
    "done": _("已提交"),
    "early": _("未开始"),
    "late": _("已截止"),
    "declare": _("须先声明独立"),
    "unsigned": _("名单未签署"),
    "recused": _("已回避"),
    "few": _("人数不足，不评"),
    "serving": _("有效"),
    "expired": _("已过期"),
    "revoked": _("已作废"),
}
BASES = {
    "self": _("本人自评"),
    "added": _("人工增补"),
    "department": _("考核组"),
    "own_principals": _("本单位正职"),
    "parent_leading_group": _("上一级领导班子"),
    "leading_group": _("同一领导班子"),
    "same_category": _("同单位同类干部"),
    "middle_of_organisation": _("本单位中层"),
    "staff": _("一般工作人员"),
    "child_principals": _("下级单位正职"),
    "delegates": _("两代表一委员"),
    "service_users": _("服务对象"),
    "institutions": _("第三方机构"),
    "grid_workers": _("网格长"),
}
TIES = {one.value: one.label for one in TieKind}


class DayField(forms.DateField):
    """A day, chosen from the browser's calendar."""

    widget = forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def _text(label: Any, longest: int, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(
        label=label, max_length=longest, help_text=help_text, required=required, widget=widget
    )


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.Select(attrs={"class": "form-select"})
    )


class Refusing(forms.Form):
    """A form that shows what a room refuses."""

    def refuse(self, error: Refused | PolicyError) -> None:
        """Put a refusal above the fields."""
        self.add_error(None, f"{error.what}{'。' if error.do else ''}{error.do}")


class RoundForm(Refusing):
    """A new round."""

    title = _text(_("名称"), 100)
    period = _text(_("考核周期"), 10, _("如 2026-H1"))
    organisations = _text(_("机构代码"), 400, _("可填多个，以空格分开"))
    self_by = DayField(label=_("自评截止日（含）"))
    opens_on = DayField(label=_("评价开始日"), help_text=_("晚于自评截止日"))
    closes_on = DayField(label=_("评价截止日（含）"))

    def wanted(self) -> RoundPlan:
        """The plan."""
        given = self.cleaned_data
        return RoundPlan(
            given["period"].strip(), given["title"], tuple(given["organisations"].split()),
            given["self_by"], given["opens_on"], given["closes_on"],
        )  # fmt: skip


class OutsiderForm(Refusing):
    """Raters who are not officials: several codes of one kind and unit."""

    codes = _text(_("评价人编号"), 2000, _("可填多个，以空格分开；个人只用编号，姓名对照表由经办人另存"))
    kind = _choice(_("类别"), OutsiderKind.choices)
    organisation = _text(_("所在机构代码"), 40)
    name = _text(_("机构名称"), 100, _("只有第三方机构填写"), required=False)
    since = DayField(label=_("起"))

    def wanted(self) -> list[OutsiderDraft]:
        """One draft a code."""
        given = self.cleaned_data
        return [
            OutsiderDraft(
                code, given["kind"], given["organisation"].strip(), given["since"], name=given["name"].strip()
            )
            for code in given["codes"].split()
        ]


class TieForm(Refusing):
    """A tie between two officials."""

    one = _text(_("一方干部编号"), 40)
    other = _text(_("另一方干部编号"), 40)
    kind = _choice(_("关系"), TieKind.choices)
    since = DayField(label=_("起"))
    source = _text(_("来源"), 200, _("如本人申报、干部档案"))

    def wanted(self) -> TieDraft:
        """The draft."""
        given = self.cleaned_data
        return TieDraft(
            given["one"].strip(), given["other"].strip(), given["kind"], given["since"], given["source"]
        )


def first_day(on: date) -> dict[str, str]:
    """Where a form that asks for a first day begins."""
    return {"since": on.isoformat()}
