"""Keeps hengjian/locale/en complete: gathers what the code and the templates say in Chinese.

``python -m hengjian.console.catalogue`` rewrites the catalogue, keeping what is translated, and
names what is not. Needs Babel (a development dependency).
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Babel
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent
ENGLISH = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "said": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
}
QUOTED = re.compile(r"""(?<![\w.])(n?gettext|_)\((u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
                    r"""(?:,\s*u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))?)""")  # fmt: skip

CONTEXT = "\x04"  # between a context and its message, as gettext keeps them
Message = tuple[str, ...]


def said() -> dict[Message, list[str]]:
    """Every message (singular, perhaps plural) with the files that say it."""
    found: dict[Message, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix == ".py":
            messages = set(_in_python(path))
        elif path.suffix == ".html":
            messages = set(_in_template(path))
        else:
            continue
        for message in sorted(messages):
            found.setdefault(message, []).append(path.relative_to(PACKAGE.parent).as_posix())
    return found


def _in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"pgettext", "pgettext_lazy"}:
            yield (CONTEXT.join(str(one.value) for one in node.args[:2] if isinstance(one, ast.Constant)),)
            continue
        texts = [one.value for one in node.args[: CALLS.get(name, 0)] if isinstance(one, ast.Constant)]
        if texts and len(texts) == CALLS[name] and all(isinstance(one, str) and one for one in texts):
            yield tuple(str(one) for one in texts)


def _in_template(path: Path) -> Iterator[Message]:
    for call, quoted in QUOTED.findall(templatize(path.read_text("utf-8"))):
        texts = ast.literal_eval(f"({quoted},)")
        yield tuple(texts[: CALLS[call]])


def read() -> Catalog:
    """The English catalogue as it stands."""
    if not ENGLISH.exists():
        return Catalog(locale="en")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def rewritten() -> Catalog:
    """The catalogue with exactly what is said now; translations kept."""
    old, new = read(), Catalog(locale="en", project="hengjian", fuzzy=False)
    for message, places in said().items():
        context, _mark, alone = message[0].rpartition(CONTEXT)
        known = old.get(alone, context or None)
        plural = len(message) > 1
        text = known.string if known is not None and bool(known.pluralizable) == plural else None
        where = [(place, None) for place in places]
        new.add(message if plural else alone, text, locations=where, context=context or None)  # type: ignore[arg-type]
    return new


def key(message: Babel) -> str:
    """The message of an entry, after its context if it has one."""
    alone = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}{CONTEXT}{alone}" if message.context else alone


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages without a complete translation, or with one that nobody has confirmed."""
    missing = []
    for message in catalogue:
        texts = message.string if isinstance(message.string, list | tuple) else [message.string]
        if message.id and (message.fuzzy or not all(texts)):
            missing.append(key(message))
    return missing


def main() -> int:
    """Rewrite the catalogue; end with 1 when something is not translated."""
    catalogue = rewritten()
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, omit_header=False)
    missing = untranslated(catalogue)
    sys.stdout.write("".join(f"{one}\n" for one in missing))
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
