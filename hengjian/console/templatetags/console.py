"""Filters and tags of the pages: names, figures, digests, bars, navigation."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hengjian.console import core_words, desk_pages, laws, searching, words, writing
from hengjian.console.navigation import Part, parts
from hengjian.console.rights import rights, today
from hengjian.terms.numbers import shown

register = template.Library()
register.filter(writing.named)
register.filter(writing.quantity)
register.filter(writing.signed)
register.simple_tag(writing.setting)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Part]:
    """The navigation's words for this person."""
    request = context.get("request")
    return parts(request) if request is not None else []


@register.simple_tag(takes_context=True)
def search_box(context: Context) -> bool:
    """Whether the head of the page offers a search: not to whoever would find nothing."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None) or not request.user.is_authenticated:
        return False
    return searching.offered(request)


@register.inclusion_tag("console/parts/filters.html", takes_context=True)
def kept_filters(context: Context, listing: str) -> dict[str, object]:
    """The filters that this account keeps for a list, and the form to keep the present one."""
    return desk_pages.filters(context["request"], listing) | {"csrf_token": context.get("csrf_token")}


@register.inclusion_tag("console/parts/remarks.html", takes_context=True)
def remarks(context: Context, about: str, key: object) -> dict[str, object]:
    """What was remarked about a thing, and the form for another remark."""
    return desk_pages.remarks(context["request"], about, str(key)) | {"csrf_token": context.get("csrf_token")}


@register.inclusion_tag("console/parts/attachments.html", takes_context=True)
def attachments(context: Context, about: str, key: object) -> dict[str, object]:
    """The files attached to a thing in their versions, and the form for another."""
    given = desk_pages.attachments(context["request"], about, str(key))
    return given | {"csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> int:
    """How many notices the reader has not read."""
    request = context.get("request")
    return desk_pages.unread(request) if request is not None else 0


@register.simple_tag(takes_context=True)
def reads_results(context: Context) -> bool:
    """Whether this person may read everybody's results, so that no link is offered that would be refused."""
    request = context.get("request")
    return request is not None and rights(request).whole


@register.inclusion_tag("console/parts/language.html", takes_context=True)
def language_switch(context: Context) -> dict[str, object]:
    """The button that changes to the other language and comes back to this page."""
    request = context.get("request")
    here = request.get_full_path() if request is not None and request.method == "GET" else "/"
    other = "zh-hans" if writing.in_english() else "en"
    return {"other": other, "next": here, "csrf_token": context.get("csrf_token")}


@register.filter
def word(code: object, kind: str) -> str:
    """The word for a code (state, zone, level, gap ...) in the reader's language."""
    return words.word(kind, str(code))


@register.filter
def policy_title(policy_id: str) -> str:
    """The title of a policy by its id; an id that is not at hand is shown as it is."""
    titles = {policy.id: writing.named(policy) for policy in laws.all_policies(today())}
    return titles.get(policy_id, policy_id)


@register.filter
def core(text: object) -> SafeString:
    """A sentence of the pure core in the reader's language; without an English one, marked as Chinese."""
    names = laws.names_of_codes(today()) if writing.in_english() else {}
    return core_words.in_words(text, names)


@register.filter
def law(text: object) -> SafeString:
    """What a law or a policy file says, as it stands; for an English reader marked as Chinese."""
    plain = str(text or "")
    if writing.in_english() and core_words.CHINESE.search(plain):
        return format_html('<span lang="zh-Hans">{}</span>', plain)
    return format_html("{}", plain)


@register.filter
def figure(value: float | None, step: str = "0.01") -> str:
    """A figure half-up to the step; a gap is a dash."""
    return shown(value, step)


@register.filter
def ticket_code(code: str) -> str:
    """A ticket's code in two halves, as it is read aloud."""
    return f"{code[:5]}-{code[5:]}" if code else "—"


@register.filter
def percent(fraction: float | None) -> str:
    """A fraction of one as percent; nothing is a dash."""
    return "—" if fraction is None else f"{writing.quantity(round(100.0 * fraction, 6))}%"


@register.filter
def portion(share: float | None) -> str:
    """A share of a whole in percent, half-up to one decimal."""
    return "—" if share is None else f"{shown(100.0 * share, '0.1')}%"


@register.filter
def chance(share: float | None) -> str:
    """A chance in whole percent; never a certainty, which draws cannot give."""
    if share is None:
        return "—"
    if share < 0.005:
        return "<1%"
    return ">99%" if share >= 0.995 else f"{100.0 * share:.0f}%"


@register.filter
def digest(value: str) -> SafeString:
    """A digest, shortened; the whole stands in its title."""
    return format_html('<span class="hj-digest" title="{}">{}…</span>', value, value[:16])


@register.simple_tag
def bar(*parts: float | None, whole: float = 100.0) -> SafeString:
    """One bar of parts of a whole: a picture only, so hidden from readers of the table."""
    left, rects = 0.0, []
    for place, part in enumerate(parts):
        width = max(0.0, min(100.0 - left, 100.0 * (part or 0.0) / whole)) if whole else 0.0
        rects.append((f"{left:.3f}", f"{width:.3f}", ("one", "two")[place % 2]))
        left += width
    inner = format_html_join("", '<rect x="{}%" y="0" width="{}%" height="100%" class="{}"/>', rects)
    return format_html(
        '<svg class="hj-bar" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100%" height="100%"/>{}</svg>',
        inner,
    )


@register.filter
def get(mapping: dict[Any, Any] | None, key: object) -> object:
    """The entry of a mapping, or nothing."""
    return mapping.get(key) if mapping else None
