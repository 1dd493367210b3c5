"""The form that opens a cycle: its fields, what it refuses at which field, and the cycle it asks for."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from hengjian.console import laws, words
from hengjian.console.core_words import in_words
from hengjian.cycles.operations import NewCycle
from hengjian.roster.queries import known_organisations
from hengjian.terms.errors import HengjianError, Refused
from hengjian.terms.period import Period

SEPARATORS = re.compile(r"[\s,，、;；]+")
MOMENT = "%Y-%m-%dT%H:%M"
FIELD = {
    "cycles.exists": "id",
    "cycles.id_form": "id",
    "cycles.title_missing": "title",
    "period.form": "period",
    "policy.not_in_force": "on",
}


class Opening(forms.Form):
    """What a new cycle is about."""

    id = forms.CharField(
        label=_("编号"), max_length=60, help_text=_("小写字母、数字和连字符，如 2026-h1；建立后不能更改。")
    )
    title = forms.CharField(label=_("名称"), max_length=120, help_text=_("如“2026年上半年考核”。"))
    period = forms.CharField(
        label=_("期间"),
        max_length=8,
        help_text=_("写成 2026、2026-H1（上半年）、2026-Q3（三季度）或 2026-M07（七月）。"),
    )
    policy = forms.ChoiceField(label=_("适用制度"))
    on = forms.DateField(
        label=_("适用制度日期"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("按这一天有效的规定计分；不填则为周期最后一天。"),
    )
    cut_off = forms.DateTimeField(
        label=_("数据截止"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, MOMENT),
        help_text=_("北京时间；此后到达的数据不进入本周期。"),
    )
    levels = forms.MultipleChoiceField(
        label=_("层级"),
        required=False,
        choices=words.WORDS["level"].items,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选则为全部层级。"),
    )
    organisations = forms.CharField(
        label=_("单位"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("单位代码，用空格或顿号隔开，含其下属单位；不填则为全部单位。"),
    )
    synthetic = forms.BooleanField(label=_("合成数据（演示或试算，不涉及真实人员）"), required=False)

    def __init__(self, *args: Any, policies: Mapping[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["policy"].choices = list(policies.items())  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if name not in {"levels", "synthetic"}:
                field.widget.attrs["class"] = "form-select" if name == "policy" else "form-control"

    def clean_period(self) -> str:
        """A period as it is written."""
        text: str = self.cleaned_data["period"].strip()
        try:
            return Period(text).text
        except Refused as error:
            raise forms.ValidationError(worded(error)) from error

    def clean_organisations(self) -> tuple[str, ...]:
        """Codes of organisations that the roster knows."""
        codes = tuple(dict.fromkeys(filter(None, SEPARATORS.split(self.cleaned_data["organisations"]))))
        unknown = sorted(set(codes) - set(known_organisations())) if codes else []
        if unknown:
            raise forms.ValidationError(said("名册中没有单位：%(codes)s") % {"codes": "、".join(unknown)})
        return codes

    def refuse(self, error: HengjianError) -> None:
        """Put a refusal of the room below at the field that it is about."""
        self.add_error(FIELD.get(error.code), worded(error))

    def wanted(self) -> NewCycle:
        """The cycle that a valid form asks for."""
        given = self.cleaned_data
        return NewCycle(
            id=given["id"],
            title=given["title"],
            period=given["period"],
            policy=given["policy"],
            on=given["on"] or Period(given["period"]).end,
            cut_off=given["cut_off"],
            organisations=given["organisations"],
            levels=tuple(given["levels"]),
            synthetic=given["synthetic"],
        )


def worded(error: HengjianError) -> str:
    """A refusal and its next step in the reader's language."""
    texts = [str(in_words(one, {})) for one in (error.what, error.do) if one]
    return (". " if texts and texts[0].isascii() else "。").join(texts)


def policies_to_choose(used: list[str]) -> dict[str, str]:
    """The shipped policies by title, and the folders that earlier cycles used."""
    found = laws.titles()
    return found | {one: one for one in used if one not in found}
