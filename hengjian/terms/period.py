"""Periods of assessment: month, quarter, half-year, year."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from hengjian.terms.errors import Refused

_FORMS = re.compile(r"(?P<year>(?:19|20|21)[0-9]{2})(?:-(?P<kind>[QHM])(?P<n>[0-9]{1,2}))?")
_MONTHS = {"M": 1, "Q": 3, "H": 6, "Y": 12}
_TITLES = {"M": "{year}年{n}月", "Q": "{year}年第{n}季度", "Y": "{year}年"}


@dataclass(frozen=True, order=True)
class Period:
    """A calendar period from 1900 to 2199, written ``2026``, ``2026-H1``, ``2026-Q3`` or ``2026-M07``.

    Clause: NORMS X12
    Raises: Refused when the text is not of one of these forms.
    """

    text: str

    def __post_init__(self) -> None:
        match = _FORMS.fullmatch(self.text)
        count = 0 if match is None else 12 // _MONTHS[match["kind"] or "Y"]
        if match is None or not 1 <= int(match["n"] or 1) <= count:
            raise Refused(
                f"“{self.text}”不是考核周期",
                do="请写成 2026、2026-H1、2026-Q3 或 2026-M07",
                code="period.form",
            )

    @property
    def kind(self) -> str:
        """``Y``, ``H``, ``Q`` or ``M``."""
        return self.text[5] if "-" in self.text else "Y"

    @property
    def number(self) -> int:
        """Which one in its year, from 1."""
        return int(self.text[6:]) if "-" in self.text else 1

    @property
    def start(self) -> date:
        """First day."""
        return date(int(self.text[:4]), (self.number - 1) * _MONTHS[self.kind] + 1, 1)

    @property
    def end(self) -> date:
        """Last day."""
        month = self.number * _MONTHS[self.kind]
        year = int(self.text[:4])
        after = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
        return after - timedelta(days=1)

    @property
    def title(self) -> str:
        """As an official would write it in Chinese."""
        if self.kind == "H":
            return f"{self.text[:4]}年{'上' if self.number == 1 else '下'}半年"
        return _TITLES[self.kind].format(year=self.text[:4], n=self.number)

    def contains(self, day: date) -> bool:
        """Whether the day lies inside."""
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.text
