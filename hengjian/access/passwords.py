"""What a password must not be, beyond Django's rules: words of this place, runs of keys, repetitions."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hengjian.access.models import User

WORDS = ("hengjian", "kaohe", "kaoping", "ganbu", "zuzhibu", "jiwei", "xunshizu", "password", "mima", "admin",
         "woaini", "woaizuguo", "qwert", "asdfg", "zxcvb", "1qaz2wsx")  # fmt: skip
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
VARIETY = 6  # different characters at least
LEFT = 8  # characters that must remain when the known words and runs are taken out


class EasyPatternValidator:
    """Refuses what is made of known words, runs of neighbouring keys and repetitions."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 (Django's signature)
        """Raise ValidationError for a password that is easily guessed."""
        if len(set(password)) < VARIETY or len(_without_patterns(password.lower())) < LEFT:
            raise ValidationError(
                _("这个密码容易被猜到：由常用词、连续字符或重复字符组成。"), code="password_easy_pattern"
            )

    def get_help_text(self) -> str:
        """What the rule says, for the page."""
        return _("不能主要由常用词、连续字符（如 abcdef、123456）或重复字符组成。")


def _without_patterns(text: str) -> str:
    for word in WORDS:
        text = text.replace(word, "")
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        for length in range(len(row), 3, -1):
            for start in range(len(row) - length + 1):
                text = text.replace(row[start : start + length], "")
    return text
