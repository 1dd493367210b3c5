"""The one error of the proof room; it stands alone so that this room imports nothing of ours."""


class ProofError(ValueError):
    """Something that was to be proved is not proved, or cannot even be read.

    Clause: SPEC F3

    ``what`` is wrong (Chinese), ``where`` it stands (a resource, a line, a name), ``english`` says the same
    in English.
    """

    def __init__(self, what: str, where: str = "", english: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.english = english

    def __str__(self) -> str:
        place = f"{self.where}：" if self.where else ""
        again = f" · {self.english}" if self.english else ""
        return f"{place}{self.what}{again}"

    def at(self, where: str) -> "ProofError":
        """The same error, told to stand at this place."""
        return type(self)(self.what, where, self.english)
