"""A policy folder: files in, one policy for each day out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from hengjian.policy.checks import check
from hengjian.policy.errors import PolicyFaults, fault
from hengjian.policy.library import CASES, Library, read_library
from hengjian.policy.policy import Policy
from hengjian.policy.resolve import resolve
from hengjian.policy.schema import PARAMETER
from hengjian.policy.tree import Tree
from hengjian.terms.canonical import digest, root_of
from hengjian.terms.errors import PolicyError

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class PolicyFolder:
    """A checked folder. ``files`` are its rules byte by byte; the digest covers them.

    Clause: SPEC A7, SPEC F3
    Cases (``cases/``) test the rules and are no part of them: they stand apart.
    """

    files: Mapping[str, bytes]
    library: Library = field(compare=False, repr=False)
    _days: dict[date, Policy] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def digest(self) -> str:
        """One digest over all files.

        Clause: SPEC F3
        """
        return root_of((name, digest(data)) for name, data in self.files.items())

    @property
    def id(self) -> str:
        """The policy's id.

        Clause: SPEC A7
        """
        return self.library.sound_manifest.id

    @property
    def title(self) -> str:
        """The policy's Chinese title.

        Clause: SPEC A7
        """
        return self.library.sound_manifest.title

    @property
    def cases(self) -> Mapping[str, Tree]:
        """Given facts and expected figures, by file.

        Clause: SPEC A7
        """
        return self.library.cases

    def in_force(self, on: date) -> Policy:
        """The rules of one day.

        Clause: SPEC A7
        Raises: PolicyError when nothing was in force yet, or no longer.
        """
        if on not in self._days:
            if not self.changes or on < self.changes[0]:
                since = f"，最早自 {self.changes[0]} 起" if self.changes else ""
                raise PolicyError(
                    f"制度包 {self.id} 在 {on} 尚未生效{since}",
                    do="请选用生效后的日期，或选用当时的制度包",
                    code="policy.not_in_force",
                )
            self._days[on] = resolve(self.library, on, self.digest)
        return self._days[on]

    @cached_property
    def changes(self) -> tuple[date, ...]:
        """Every day on which something begins, changes or ends.

        Clause: SPEC A7
        """
        days: set[date] = set()
        for kind, items in self.library.entries.items():
            for item in items.values():
                series = "values" if kind == PARAMETER else "versions"
                days |= set(getattr(item.entry, series, {}))
        return tuple(sorted(days))


def load(path: Path | str) -> PolicyFolder:
    """Load and check a policy folder.

    Clause: SPEC A8
    Raises: PolicyFaults with every fault of the folder, each with file and line.
    """
    root = Path(path)
    if not root.is_dir():
        what = "不是文件夹" if root.exists() else "文件夹不存在"
        raise PolicyFaults(
            [
                fault(
                    "policy.no_folder",
                    f"制度{what}",
                    f"{root}",
                    "请给出制度文件夹的路径，例如 policies/seed",
                )
            ]
        )
    return _checked(_files(root), f"{root}/")


def from_files(files: Mapping[str, bytes]) -> PolicyFolder:
    """Check a folder that is at hand as bytes, as in a bundle.

    Clause: SPEC F3
    Raises: PolicyFaults as :func:`load` does.
    """
    return _checked(dict(files), "")


def shipped() -> dict[str, Path]:
    """The policies that come with the system, by name.

    Clause: SPEC A7
    """
    for place in (_HERE.parents[1] / "policies", _HERE.parent / "_policies"):
        if place.is_dir():
            return {p.name: p for p in sorted(place.iterdir()) if (p / "policy.yaml").is_file()}
    return {}


def _files(root: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    faults = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(root).parts) or path.is_dir():
            continue
        if path.suffix.lower() in {".yml", ".yaml"} and path.suffix != ".yaml":
            faults.append(fault("policy.suffix", "扩展名不是 .yaml，不会被读取", f"{path}:1", "请改为 .yaml"))
        elif path.suffix == ".yaml" and not path.resolve().is_relative_to(root.resolve()):
            faults.append(fault("policy.link", "链接指向文件夹之外", f"{path}:1", "请把文件复制进来"))
        elif path.suffix == ".yaml":
            found[name] = path.read_bytes()
    if not found and not faults:
        faults.append(fault("policy.empty", "文件夹中没有制度文件", f"{root}", "请至少写 policy.yaml"))
    if faults:
        raise PolicyFaults(faults)
    return found


def _checked(files: dict[str, bytes], prefix: str) -> PolicyFolder:
    library = read_library(files)
    check(library)
    if library.faults:
        raise PolicyFaults(fault(f.code, f.what, f"{prefix}{f.where}", f.do) for f in library.faults)
    rules = {name: data for name, data in files.items() if not name.startswith(f"{CASES}/")}
    return PolicyFolder(MappingProxyType(rules), library)
