"""Everything that stands in a policy folder, checked entry by entry, not yet asked for a day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from hengjian.policy.errors import fault, nearest
from hengjian.policy.schema import KINDS, PARAMETER, ManifestSpec, ParameterEntry, Strict
from hengjian.policy.tree import Path, Tree, read_tree
from hengjian.policy.wording import worded
from hengjian.terms.errors import PolicyError

MANIFEST = "policy.yaml"
CASES = "cases"
WORDS = ("zones", "categories", "levels", "themes", "families", "virtues", "parts", "units")


@dataclass(frozen=True)
class Loaded:
    """One entry with the place where it stands.

    Clause: SPEC A7
    """

    code: str
    entry: Any
    tree: Tree
    at: Path

    def where(self, *path: str | int) -> str:
        """``file:line`` of a key inside the entry.

        Clause: SPEC A7
        """
        return self.tree.where(*self.at, *path)

    def line(self, *path: str | int) -> int:
        """The line of a key inside the entry.

        Clause: SPEC A7
        """
        return self.tree.line((*self.at, *path))


@dataclass
class Library:
    """Entries by kind and code, and the faults found so far.

    Clause: SPEC A1
    ``declared`` also holds codes of entries that are themselves faulty, so that one fault
    does not draw others after it.
    """

    manifest: ManifestSpec | None = None
    entries: dict[str, dict[str, Loaded]] = field(default_factory=dict)
    declared: dict[str, dict[str, str]] = field(default_factory=dict)
    cases: dict[str, Any] = field(default_factory=dict)
    faults: list[PolicyError] = field(default_factory=list)

    @property
    def sound_manifest(self) -> ManifestSpec:
        """The manifest of a library that was checked.

        Clause: SPEC A7
        Raises: PolicyError when there is none.
        """
        if self.manifest is None:
            raise fault("policy.manifest", "缺少 policy.yaml", MANIFEST, "请补写 policy.yaml")
        return self.manifest

    def of(self, kind: str) -> Mapping[str, Loaded]:
        """Sound entries of a kind.

        Clause: SPEC A1
        """
        return self.entries.get(kind, {})

    def codes(self, kind: str) -> Mapping[str, str]:
        """All codes of a kind, with the place where each was declared.

        Clause: SPEC A1
        """
        return self.declared.get(kind, {})

    def refuse(self, code: str, what: str, where: str, do: str) -> None:
        """Write down a fault and go on.

        Clause: SPEC A8
        """
        self.faults.append(fault(f"policy.{code}", what, where, do))


def read_library(files: Mapping[str, bytes]) -> Library:
    """Read all YAML files of a folder; faults are collected in the result.

    Clause: SPEC A8
    """
    library = Library()
    for name in sorted(files):
        try:
            tree = read_tree(name, files[name])
        except PolicyError as error:
            library.faults.append(error)
            continue
        _file(library, name, tree)
    if MANIFEST not in files:
        library.refuse(
            "manifest",
            "缺少 policy.yaml",
            f"{MANIFEST}:1",
            "请写 id、title、title_en、clause、owner",
        )
    return library


def _file(library: Library, name: str, tree: Tree) -> None:
    folder, _, rest = name.partition("/")
    if name == MANIFEST:
        library.manifest = _model(library, ManifestSpec, tree.value, tree, ())
        return
    if folder == CASES:
        library.cases[name] = tree
        return
    if not rest:
        library.refuse(
            "place",
            "文件不在主题文件夹中",
            tree.where(),
            f"除 policy.yaml 外，请移到某个主题文件夹，{nearest(folder, KINDS)}",
        )
        return
    if not isinstance(tree.value, dict) or not tree.value:
        library.refuse("empty_file", "文件没有内容", tree.where(), "请写“代码: 条目”，或删去该文件")
        return
    for code, raw in tree.value.items():
        _entry(library, name, code, raw, tree)


def _kind(library: Library, name: str, tree: Tree) -> tuple[str, type[Strict]] | None:
    folder, _, rest = name.partition("/")
    if folder != "vocabulary":
        return (folder, KINDS[folder]) if folder in KINDS else (PARAMETER, ParameterEntry)
    stem = rest.removesuffix(".yaml")
    if stem not in WORDS:
        library.refuse("vocabulary", f"不认识的词表“{stem}”", tree.where(), nearest(stem, WORDS))
        return None
    return stem, KINDS["vocabulary"]


def _entry(library: Library, name: str, code: str, raw: Any, tree: Tree) -> None:
    found = _kind(library, name, tree)
    if found is None:
        return
    kind, model = found
    key = f"{name.partition('/')[0]}.{code}" if kind == PARAMETER else code
    here = tree.where(code)
    first = library.declared.setdefault(kind, {}).setdefault(key, here)
    if first != here:
        library.refuse("twice", f"“{key}”在 {first} 已经写过", here, "请合并，或删去一处")
        return
    entry = _model(library, model, raw, tree, (code,))
    if entry is not None:
        library.entries.setdefault(kind, {})[key] = Loaded(key, entry, tree, (code,))


def _model(library: Library, model: type[Strict], raw: Any, tree: Tree, at: Path) -> Any:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for finding in error.errors(include_url=False):
            loc = tuple(part for part in finding["loc"] if part != "[key]")
            code, what, do = worded(finding, _known(model, loc[:-1]))
            library.faults.append(fault(code, what, tree.where(*at, *_real(raw, loc)), do))
    return None


def _real(raw: Any, loc: tuple[Any, ...]) -> Iterator[Any]:
    """The part of pydantic's path that exists in the file; names of union members drop out."""
    for part in loc:
        if isinstance(raw, dict) and str(part) in raw:
            raw = raw[str(part)]
            yield str(part)
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
            yield part


def _known(model: Any, loc: tuple[Any, ...]) -> list[str]:
    """The keys allowed at a path of a model."""
    for part in loc:
        fields = getattr(model, "model_fields", None)
        if fields is None or part not in fields:
            continue
        inner = _inner(fields[part].annotation)
        model = inner if inner is not None else model
    return list(getattr(model, "model_fields", {}))


def _inner(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner(argument)
        if found is not None:
            return found
    return None
