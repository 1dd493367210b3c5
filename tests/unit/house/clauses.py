"""Which clauses can be cited: the ids of SPEC.md and NORMS.md, kept in clauses.txt.

``python tests/unit/house/clauses.py`` writes the list anew from ../shared.
"""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = HERE / "clauses.txt"
SHARED = HERE.parents[3] / "shared"


def known() -> set[str]:
    """The clauses of the kept list."""
    return set(LIST.read_text(encoding="utf-8").splitlines())


def of_documents(shared: Path) -> list[str]:
    """The clauses that the documents hold, in order."""
    spec = (shared / "SPEC.md").read_text(encoding="utf-8")
    norms = (shared / "NORMS.md").read_text(encoding="utf-8")
    locks = spec[spec.index("## F. ") : spec.index("## G. ")]
    found = [
        *re.findall(r"^## ([0A-Z])\. ", spec, re.MULTILINE),
        *re.findall(r"^\| (0\.\d+) \|", spec, re.MULTILINE),
        *re.findall(r"^\*\*([A-Z]\d+) ", spec, re.MULTILINE),
        *re.findall(r"\b(F\d)\b", locks),
        *re.findall(r"\b(T-[A-Z]\d+)\b", spec),
    ]
    readings = re.findall(r"^\| ([XL]\d+) \|", norms, re.MULTILINE)
    return [*(f"SPEC {name}" for name in dict.fromkeys(found)), *(f"NORMS {name}" for name in readings)]


if __name__ == "__main__":
    LIST.write_text("\n".join(of_documents(SHARED)) + "\n", encoding="utf-8")
