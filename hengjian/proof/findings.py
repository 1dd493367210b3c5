"""What an audit of a log found: every resource that is not as it must be, by its path."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hengjian.proof.errors import ProofError


@dataclass(frozen=True)
class Finding:
    """One resource and what is wrong with it; ``grave`` when the log cannot be trusted as it stands.

    Clause: SPEC F3
    """

    resource: str
    what: str
    english: str
    grave: bool = True


@dataclass(frozen=True)
class Report:
    """The outcome of an audit. ``size`` and ``root`` are those that were checked against.

    Clause: SPEC F3
    """

    origin: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing grave was found."""
        return not any(each.grave for each in self.findings)

    @property
    def resources(self) -> frozenset[str]:
        """The paths of all resources that were named."""
        return frozenset(each.resource for each in self.findings)


@dataclass
class Findings:
    """Findings as they come in; the same one is kept once.

    Clause: SPEC F3
    """

    _kept: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, resource: str, what: str, english: str, *, grave: bool = True) -> None:
        """Name a resource."""
        self._kept.setdefault((resource, what), Finding(resource, what, english, grave))

    def error(self, resource: str, error: ProofError) -> None:
        """Name a resource by the error that it raised."""
        place = f"{error.where}：" if error.where else ""
        self.add(resource, place + error.what, (f"{error.where}: " if error.where else "") + error.english)

    def __iter__(self) -> Iterator[Finding]:
        """The findings, in the order they were made."""
        return iter(self._kept.values())
