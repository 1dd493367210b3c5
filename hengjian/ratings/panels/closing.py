"""A round ends: its sheets become marks, both sides' at once, and no token can be signed any more.

Crash points: one transaction; killed anywhere the round is still open, or all of it is closed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.panels import tokens
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.marks import MarkDraft
from hengjian.ratings.panels.models import (
    SELF,
    BlindSheet,
    Draft,
    MarkBatch,
    Roll,
    Round,
    RoundClosing,
    SignedSheet,
    TokenKey,
)
from hengjian.ratings.panels.operations import Office, admit_marks
from hengjian.ratings.panels.rolls import code_of, rules_of
from hengjian.ratings.panels.rules import PanelRules
from hengjian.terms.canonical import digest_of

Group = tuple[int, str, str]  # roll, group, stratum


def close_round(held: Round, office: Office) -> RoundClosing:
    """End a round after its last day: marks are made of the sheets, in one batch.

    Anonymous sheets of a group with too few stay sheets: no mark is made of them; nor of what too few of an
    anonymous group answered. All marks bear the last day, so that none tells when it was given.
    Clause: SPEC B1, NORMS L5
    Raises: PanelRefused before the last day is over, or when it is closed already.
    """
    if day_of(office.now) <= held.closes_on:
        raise PanelRefused(_("评价还没有截止"), do=_("截止日次日起可以结束"), code="panels.not_over")
    rules = rules_of(held, office)
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=held.pk)
        if RoundClosing.objects.filter(pk=held.pk).exists():
            raise PanelRefused(_("本轮评价已经结束"), do=_("请查看打分批次"), code="panels.closed")
        signed, blind = _signed(held), _blind(held)
        used, withheld = _enough(blind, rules.least)
        drafts = [*_signed_marks(signed, rules), *_blind_marks(used, rules)]
        receipt = admit_marks(drafts, office, source=held.title) if drafts else None
        if receipt is not None and receipt.refused:
            raise PanelRefused(
                _("有 %s 个打分不符合制度") % receipt.refused, where=str(receipt.report[0]),
                do=_("请核对制度与任职名册后重试"), code="panels.marks",
            )  # fmt: skip
        closing = RoundClosing.objects.create(
            round=held, batch=MarkBatch.objects.get(pk=receipt.batch) if receipt else None,
            signed=len(signed), blind=len(blind), withheld=len(withheld), digest=_digest(signed, blind),
            by=office.by, at=office.now,
        )  # fmt: skip
        notarise(office.now, closing)
        tokens.destroy_secrets(TokenKey.objects.filter(roll__round=held))
        Draft.objects.filter(member__roll__round=held).delete()
    tokens.settle(BlindSheet)
    return closing


def _signed(held: Round) -> list[SignedSheet]:
    rows = SignedSheet.objects.filter(member__roll__round=held, member__withdrawal__isnull=True)
    related = (
        "member__asked__official",
        "member__asked__outsider",
        "member__roll__official",
        "member__roll__post",
        "member__roll__round",
    )
    return list(rows.select_related(*related).order_by("pk"))


def _blind(held: Round) -> list[BlindSheet]:
    rows = BlindSheet.objects.filter(key__roll__round=held)
    return list(
        rows.select_related("key__roll__official", "key__roll__post", "key__roll__round").order_by("pk")
    )


def _enough(sheets: Iterable[BlindSheet], least: int) -> tuple[list[BlindSheet], list[BlindSheet]]:
    """Sheets of groups with enough of them, and the others.

    Cells of one group with too few are put together with their neighbours when marks are made, see
    :func:`_cells`; here only the whole group counts.
    """
    groups: dict[Group, list[BlindSheet]] = defaultdict(list)
    for sheet in sheets:
        groups[_group(sheet)].append(sheet)
    used = [one for group in groups.values() if len(group) >= least for one in group]
    return used, [one for group in groups.values() if len(group) < least for one in group]


def _group(sheet: BlindSheet) -> Group:
    return sheet.key.roll_id, sheet.key.group, sheet.key.stratum


def _cells(sheets: list[BlindSheet], least: int) -> Iterator[tuple[BlindSheet, str]]:
    """Each sheet with its cell, coarser where fewer than asked handed in: a cell of two would be known."""
    counts: dict[str, int] = defaultdict(int)
    groups: dict[Group, set[str]] = defaultdict(set)
    for sheet in sheets:
        counts[sheet.key_id] += 1
        groups[_group(sheet)].add(sheet.key_id)
    for sheet in sheets:
        key = sheet.key
        small = any(counts[one] < least for one in groups[_group(sheet)])
        yield sheet, tokens.cell_name("all", key.group, key.stratum) if small else key.cell


def _signed_marks(sheets: Iterable[SignedSheet], rules: PanelRules) -> Iterator[MarkDraft]:
    for member, answers in ((sheet.member, sheet.answers) for sheet in sheets):
        if member.group == SELF:
            continue
        one = replace(
            _mark(member.roll, member.group, member.stratum, rules),
            rater=code_of(member.asked), ties=tuple(member.ties),
            cell=tokens.cell_name(member.home, member.group, member.stratum),
        )  # fmt: skip
        yield from _each(one, answers)


def _blind_marks(sheets: list[BlindSheet], rules: PanelRules) -> Iterator[MarkDraft]:
    """What at least the least number of a group answered: three answers among six sheets stay sheets."""
    answered = Counter((_group(sheet), indicator) for sheet in sheets for indicator in sheet.answers)
    for sheet, cell in _cells(sheets, rules.least):
        key = sheet.key
        one = replace(_mark(key.roll, key.group, key.stratum, rules), cell=cell)
        enough = {i: v for i, v in sheet.answers.items() if answered[_group(sheet), i] >= rules.least}
        yield from _each(one, enough)


def _mark(roll: Roll, group: str, stratum: str, rules: PanelRules) -> MarkDraft:
    return MarkDraft(
        official=roll.official.code, post=roll.post.code, period=roll.round.period, group=group,
        stratum=stratum, instrument=rules.groups[group].instrument, value=Decimal(0),
        given_on=roll.round.closes_on,
    )  # fmt: skip


def _each(one: MarkDraft, answers: Mapping[str, str]) -> Iterator[MarkDraft]:
    for indicator, value in answers.items():
        yield replace(one, indicator=indicator, value=Decimal(value))


def _digest(signed: Iterable[SignedSheet], blind: Iterable[BlindSheet]) -> str:
    """One digest over all sheets: anonymous ones by token, so that a rater finds the own one in the set."""
    named = sorted(digest_of([one.member_id, one.answers, one.text, one.seconds]) for one in signed)
    unnamed = sorted(digest_of([one.token, one.answers, one.seconds]) for one in blind)
    return digest_of([named, unnamed])
