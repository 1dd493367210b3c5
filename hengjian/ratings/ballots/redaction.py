"""Comments without what names a person: telephone numbers, identity numbers, officials' names."""

import re
import unicodedata
from collections.abc import Iterable

LEAST_DIGITS = 7
_CHINESE = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_RUN = re.compile(r"\d(?:[ \-.·]?[\dX]){6,}")
_MOBILE = re.compile(r"(?:0?0?86)?1[3-9]\d{9}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
IDENTITY, TELEPHONE, NUMBER, NAME = "〔身份证号〕", "〔电话〕", "〔号码〕", "〔姓名〕"


def redacted(text: str, names: Iterable[str]) -> str:
    """The text with numbers and names replaced; full-width and Chinese digits count as digits.

    Clause: NORMS L5
    """
    digits = "".join(map(_narrow, text)).translate(_CHINESE).replace("x", "X")
    parts, done = [], 0
    for found in _RUN.finditer(digits):
        parts += [text[done : found.start()], _called(re.sub(r"[^\dX]", "", found.group()))]
        done = found.end()
    told = "".join((*parts, text[done:]))
    for name in sorted({name for name in names if len(name) > 1}, key=lambda name: (-len(name), name)):
        told = told.replace(name, NAME)
    return told


def is_identity_number(digits: str) -> bool:
    """Whether 18 characters carry the right check digit.

    Clause: NORMS L5
    Source: GB 11643-1999 (ISO 7064, MOD 11-2).
    """
    if not re.fullmatch(r"\d{17}[\dX]", digits):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return digits[17] == _CHECK[total % 11]


def _narrow(letter: str) -> str:
    """A full-width letter as a plain one; always one letter, so that places stay the same."""
    found = unicodedata.normalize("NFKC", letter)
    return found if len(found) == 1 else letter


def _called(digits: str) -> str:
    if is_identity_number(digits):
        return IDENTITY
    landline = digits.startswith("0") and len(digits) in {11, 12, 10}
    return TELEPHONE if landline or len(digits) in {7, 8} or _MOBILE.fullmatch(digits) else NUMBER
