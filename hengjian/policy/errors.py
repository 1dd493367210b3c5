"""What is wrong in a policy folder: each fault with file, line and what to write instead."""

import difflib
from collections.abc import Iterable

from hengjian.terms.errors import PolicyError


class PolicyFaults(PolicyError):  # noqa: N818  (named after what it holds)
    """All faults of a policy folder, in the order of its files and lines.

    Clause: SPEC A8
    """

    def __init__(self, faults: Iterable[PolicyError]) -> None:
        self.faults = tuple(sorted(set_of(faults), key=_order))
        first = self.faults[0]
        lone = len(self.faults) == 1
        listed = "".join(f"\n  {PolicyError.__str__(fault)}" for fault in self.faults)
        super().__init__(
            first.what if lone else f"制度文件有 {len(self.faults)} 处错误：{listed}",
            where=first.where,
            do=first.do if lone else "请逐条改正后再检查",
            code=first.code if lone else "policy.faults",
        )

    def __str__(self) -> str:
        return "\n".join(PolicyError.__str__(fault) for fault in self.faults)


def set_of(faults: Iterable[PolicyError]) -> list[PolicyError]:
    """The faults without repetitions.

    Clause: SPEC A8
    """
    return list({(f.where, f.code, f.what): f for f in faults}.values())


def _order(fault: PolicyError) -> tuple[str, int, str]:
    file, _, line = fault.where.rpartition(":")
    return file, int(line) if line.isdigit() else 0, fault.code


def fault(code: str, what: str, where: str, do: str) -> PolicyError:
    """One fault of a policy.

    Clause: SPEC A8
    """
    return PolicyError(what, where=where, do=do, code=code)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to a wrong one, or lists what is known.

    Clause: SPEC A8
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"是否想写“{close[0]}”？"
    if not names:
        return "目前没有可用的名称"
    shown = "、".join(names[:12]) + ("……" if len(names) > 12 else "")
    return f"可用的有：{shown}"
