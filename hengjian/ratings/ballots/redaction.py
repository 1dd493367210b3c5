"""Comments without what names a person: numbers, addresses of messages, names that are known or said.

It finds forms, not meanings: a name that stands on no list and is not introduced (“我叫…”), a nickname, a
number half in words, or a description of a person stays. So comments go to follow-up staff alone.
"""

import re
import unicodedata
from collections.abc import Iterable

_CHINESE = str.maketrans("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
_RUN = re.compile(r"\d(?:[\s\-.·,，_/—–()]{0,3}[\dX]){6,}")
_DATE = re.compile(r"(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])[-./]?(?:0?[1-9]|[12]\d|3[01])(?:\s+[0-2]?\d)?")
_AMOUNT = re.compile(r"\s?[多余几]?(?:元|块|万|亿|吨|亩|平方|公里|公斤|%)")
_MOBILE = re.compile(r"(?:0?0?86)?1[3-9]\d{9}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
IDENTITY, TELEPHONE, NUMBER, NAME, MAIL = "〔身份证号〕", "〔电话〕", "〔号码〕", "〔姓名〕", "〔邮箱〕"
_MAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_CHAT = re.compile(
    r"((?:微信|薇信|威信|wechat|wx|vx|qq)(?:号码?|id)?[是为:：\s]{0,3})[a-z0-9][a-z0-9_-]{4,19}",
    re.IGNORECASE,
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_CALLED = re.compile(rf"((?:我|本人|名字)名?叫|姓名[:：是]?)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_AM = re.compile(
    rf"((?:我|本人)是)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}(?<![人生的民户员工者家村镇乡县])(?![\u4e00-\u9fff])"
)


def redacted(text: str, names: Iterable[str]) -> str:
    """The text with numbers, addresses and names replaced; full-width and Chinese digits count as digits.

    Dates and amounts stay. ``names`` are found with blanks between their letters too.
    Clause: NORMS L5
    """
    told = _without_numbers(_CHAT.sub(rf"\1{NUMBER}", _MAIL.sub(MAIL, text)))
    told = _without_names(told, names)
    return _AM.sub(rf"\1{NAME}", _CALLED.sub(rf"\1{NAME}", told))


def _without_numbers(text: str) -> str:
    digits = "".join(map(_narrow, text)).translate(_CHINESE).replace("x", "X")
    parts, done = [], 0
    for found in _RUN.finditer(digits):
        number = re.sub(r"[^\dX]", "", found.group())
        called = _called(number)
        counted = _AMOUNT.match(digits, found.end()) and not _MOBILE.fullmatch(number)
        if called == IDENTITY or not (counted or _DATE.fullmatch(found.group())):
            parts += [text[done : found.start()], called]
            done = found.end()
    return "".join((*parts, text[done:]))


def _without_names(text: str, names: Iterable[str]) -> str:
    places = [at for at, letter in enumerate(text) if not letter.isspace()]
    dense = "".join(text[at] for at in places)
    spans: list[tuple[int, int]] = []
    for name in sorted({name for name in names if len(name) > 1}, key=lambda name: (-len(name), name)):
        at = dense.find(name)
        while at >= 0:
            span = places[at], places[at + len(name) - 1] + 1
            if all(span[1] <= other[0] or other[1] <= span[0] for other in spans):
                spans.append(span)
            at = dense.find(name, at + len(name))
    parts, done = [], 0
    for start, end in sorted(spans):
        parts += [text[done:start], NAME]
        done = end
    return "".join((*parts, text[done:]))


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
