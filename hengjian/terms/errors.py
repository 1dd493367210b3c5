"""The error tree. Every error says what is wrong, where, and what to do next."""

from typing import ClassVar


class HengjianError(Exception):
    """Anything the system refuses or cannot do, said in words that the reader can act on.

    Clause: SPEC F3

    ``what`` is wrong, ``where`` it stands (``file:line``, ``sheet!row column``, part of a bundle),
    ``do`` is the next step, ``code`` is stable and serves tests and translations.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, what: str, *, where: str = "", do: str = "", code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do
        self.code = code

    def __str__(self) -> str:
        place = f"{self.where}：" if self.where else ""
        step = f"。{self.do}" if self.do else ""
        return f"{place}{self.what}{step}"


class Refused(HengjianError):  # noqa: N818 - the name DESIGN gives
    """The input or request is refused; the caller can mend it."""

    exit_code = 2
    http_status = 422


class NotPermitted(HengjianError):  # noqa: N818 - the name DESIGN gives
    """This person may not do this."""

    exit_code = 3
    http_status = 403


class PolicyError(Refused):
    """A policy file is wrong; ``where`` is its file and line."""

    exit_code = 4


class Tampered(HengjianError):  # noqa: N818 - the name DESIGN gives
    """Something recorded differs from what it must be. Stop."""

    exit_code = 5
    http_status = 409
