"""Writes the "1+3" package: one master plan and three measures, entirely from the policy files.

The written rule and the running rule cannot differ, because both are the same files. The same
policy gives the same bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hengjian.policy.measures_passages import PASSAGES
from hengjian.policy.measures_text import LIBRARY, PANEL, PLAN, RESULTS, TEXTS
from hengjian.policy.model import UNDATED, Parameter, Provenance
from hengjian.policy.policy import Policy
from hengjian.policy.words import numeral, value_of

_FIELD = re.compile(r"\{([a-z_]+\.[a-z_0-9]+)\}")


@dataclass
class _Document:
    """A document under way: counts chapters and articles."""

    policy: Policy
    lines: list[str] = field(default_factory=list)
    chapters: int = 0
    articles: int = 0
    used: set[str] = field(default_factory=set)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self.chapters += 1
        self.lines += [f"## 第{numeral(self.chapters)}章　{title}", ""]

    def article(self, text: str, *notes: str) -> None:
        """Write an article with the notes that say where its figures come from."""
        self.articles += 1
        first, _, rest = text.partition("\n")
        self.lines += [f"**第{numeral(self.articles)}条**　{first}", ""]
        self.lines += [rest.strip("\n"), ""] if rest else []
        for note in notes:
            self.lines += [f"> {note}", ""]

    def sentence(self, text: str) -> None:
        """Write a sentence of the text as an article; left out when the policy lacks a field."""
        keys = _FIELD.findall(text)
        if any(key not in self.policy.parameters for key in keys):
            return
        self.used |= set(keys)
        filled = _FIELD.sub(lambda m: value_of(self.policy.param(m[1]), self.policy), text)
        for name in re.findall(r"@([a-z]+)$", filled):
            passage = " ".join(part for part, _ in PASSAGES[name](self.policy))
            filled = filled.replace(f"@{name}", passage)
        notes = (self._note(self.policy.param(key)) for key in keys)
        self.article(filled, *(note for note in notes if note))

    def _note(self, parameter: Parameter) -> str:
        return note_of(parameter.name, parameter.provenance)


def note_of(name: str, where: Provenance) -> str:
    """A note on where a rule comes from: clause, owner, day, the text as written, the reading.

    Clause: SPEC E1
    """
    parts = [f"{name}：依据 {where.clause}", f"责任单位 {where.owner}"]
    if where.since != UNDATED:
        parts.append(f"自 {where.since.isoformat()} 起施行")
    if where.as_written:
        parts.append(f"原文：“{where.as_written.replace('“', '‘').replace('”', '’')}”")
    if where.reading:
        parts.append(f"解释：{where.reading}")
    return "；".join(part.rstrip("。") for part in parts) + "。"


def documents(policy: Policy) -> dict[str, str]:
    """The package: file name to text.

    Clause: SPEC E1
    Returns: four Markdown texts in a fixed order.
    """
    written = {title: _document(policy, title) for title in (PLAN, LIBRARY, PANEL, RESULTS)}
    used = set().union(*(document.used for document in written.values()))
    _appendix(written[PLAN], used)
    return {
        f"{at}-{title}.md": "\n".join(document.lines).rstrip("\n") + "\n"
        for at, (title, document) in enumerate(written.items(), start=1)
    }


def _document(policy: Policy, title: str) -> _Document:
    document = _Document(policy)
    place = policy.place if title == PLAN else ""
    document.lines += [f"# {place}《{title}》" if not place else f"# 《{place}{title}》", ""]
    document.lines += [(f"（由制度包“{policy.title}”生成，按 {policy.on.isoformat()} 有效的规定；"
                       f"制度包摘要 {policy.digest[:16]}）"), ""]  # fmt: skip
    for heading, sentences in TEXTS[title]:
        _chapter(document, heading, sentences)
    if title != PLAN:
        document.chapter("附则")
        document.article(f"本办法由{policy.provenance.owner}负责解释。")
        document.article("本办法各项数值以制度文件为准；制度文件调整的，本办法随之重新生成。")
    return document


def _chapter(document: _Document, heading: str, sentences: tuple[str, ...]) -> None:
    before, chapters = len(document.lines), document.chapters
    articles = document.articles
    document.chapter(heading)
    for sentence in sentences:
        if sentence.startswith("@"):
            for text, note in PASSAGES[sentence[1:]](document.policy):
                document.article(text, *([note_of(*note)] if note else []))
        else:
            document.sentence(sentence)
    if document.articles == articles:
        del document.lines[before:]
        document.chapters = chapters


def _appendix(document: _Document, used: set[str]) -> None:
    """The table of all parameters, so that none is left unsaid."""
    policy = document.policy
    document.chapter("附则")
    document.article(f"本方案由{policy.provenance.owner}负责解释。")
    document.article(f"本方案配套《{LIBRARY}》《{PANEL}》《{RESULTS}》。")
    document.lines += ["## 附表　参数一览", ""]
    document.lines += list(_rows(policy))
    left = [p.name for key, p in policy.parameters.items() if key not in used]
    if left:
        document.lines += ["", f"正文未引用的参数：{'、'.join(left)}。"]


def _rows(policy: Policy) -> Iterator[str]:
    yield "| 参数 | 名称 | 数值 | 依据 | 责任单位 | 施行日期 | 解释 |"
    yield "|---|---|---|---|---|---|---|"
    for key, parameter in sorted(policy.parameters.items()):
        where = parameter.provenance
        cells = (key, parameter.name, value_of(parameter, policy), where.clause, where.owner,
                 where.since.isoformat(), where.reading or "—")  # fmt: skip
        yield f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
