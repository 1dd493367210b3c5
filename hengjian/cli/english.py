"""English for what the rooms without gettext say: their sentences, with the values put back in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

_PLACE = re.compile(r"\{(\d*)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_MARKS = str.maketrans({"、": ", ", "；": "; ", "，": ", ", "。": ". ", "（": " (", "）": ")"})


@dataclass(frozen=True)
class Sentence:
    """A sentence with places for values: how it is recognised, and how English says it."""

    longest: str
    quoted: tuple[bool, ...]  # what stands in “…” is quoted from a file and stays as it is
    form: re.Pattern[str]
    english: str

    def said(self, text: str, names: Mapping[str, str]) -> str | None:
        """The text in English, or None when it is another sentence."""
        found = self.form.fullmatch(text) if self.longest in text else None
        if found is None:
            return None
        values = [
            value if quoted else english(value, names)
            for value, quoted in zip(found.groups(), self.quoted, strict=True)
        ]
        return _PLACE.sub(lambda place: _next(values, place.group(1)), self.english)


def english(text: str, names: Mapping[str, str] | None = None) -> str:
    """The text in English; what is not known stays as it is. ``names``: the policy's own words."""
    own = names or {}
    if not _CHINESE.search(text):
        return text.translate(_MARKS)
    exact, sentences = _catalogue()
    known = own.get(text) or exact.get(text)
    if known is not None:
        return known
    for sentence in sentences:
        said = sentence.said(text, own)
        if said is not None:
            return said
    return _piece_by_piece(text, own)


def _piece_by_piece(text: str, names: Mapping[str, str]) -> str:
    """What is put together from known pieces; free text of a policy or a person stays as it is."""
    if "；" in text:
        return "; ".join(english(piece, names) for piece in text.split("；"))
    made = ", ".join(english(piece, names) for piece in text.split("、")) if "、" in text else text
    for name in sorted(names, key=len, reverse=True):
        made = made.replace(name, f"{names[name]} ").strip()
    return text if _CHINESE.search(made) else made


def _next(values: list[str], place: str) -> str:
    """The value named by its number, or the first that has not been used."""
    return values[int(place)] if place else values.pop(0)


@cache
def _catalogue() -> tuple[Mapping[str, str], tuple[Sentence, ...]]:
    text = files("hengjian").joinpath("locale/en/core.yaml").read_text(encoding="utf-8")
    exact: dict[str, str] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    forms = [_sentence(zh, said) for zh, said in exact.items() if "{}" in zh]
    weight = {form: len(form.form.pattern) for form in forms}
    return exact, tuple(sorted(forms, key=lambda form: -weight[form]))


def _sentence(zh: str, said: str) -> Sentence:
    pieces = zh.split("{}")
    form = "(.+?)".join(map(re.escape, pieces[:-1])) + "(.*)" + re.escape(pieces[-1])
    quoted = tuple(piece.endswith("“") for piece in pieces[:-1])
    return Sentence(max(pieces, key=len), quoted, re.compile(form, re.DOTALL), said)
