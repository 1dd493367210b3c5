"""Files attached to things that are being done: sent in versions, handed out to be saved, taken back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hengjian.console.desk_pages import check_reads, check_takes_part, readable, thing
from hengjian.console.people import viewer
from hengjian.desk import attaching, queries
from hengjian.desk.contents import MOST_BYTES
from hengjian.desk.models import Form
from hengjian.terms.errors import Refused

WORD = "application/vnd.openxmlformats-officedocument."
TYPES = {
    Form.PDF: "application/pdf",
    Form.DOCX: f"{WORD}wordprocessingml.document",
    Form.XLSX: f"{WORD}spreadsheetml.sheet",
    Form.PNG: "image/png",
    Form.JPEG: "image/jpeg",
}


@login_required
@require_POST
def attach(request: HttpRequest, about: str, key: str) -> HttpResponse:
    """Attach a file to a thing in which this person has a part; the same title means the next version."""
    kind, number, page = thing(request, about, key)
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Refused(_("没有选择文件"), do=_("请选择一个文件"), code="desk.no_file")
        made = attaching.attach(
            kind, number, request.POST.get("title", ""), sent.name or "", sent.read(MOST_BYTES + 1),
            by=viewer(request), now=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("附件已上传，为第 %s 版。") % made.number)
    except Refused as error:
        messages.error(request, f"{error.what}{_('：')}{error.do}")
    return redirect(f"{page}#attachments-title")


@login_required
@require_POST
def withdraw(request: HttpRequest, attachment: int) -> HttpResponse:
    """Take back an own attachment, with a reason."""
    check_takes_part(request)
    held = queries.attachment(attachment)
    if held is None:
        raise Http404
    _kind, _number, page = thing(request, held.about, held.key)
    try:
        attaching.withdraw(held, request.POST.get("reason", ""), by=viewer(request), now=timezone.now())
        messages.success(request, _("附件已撤回。"))
    except Refused as error:
        messages.error(request, f"{error.what}{_('：')}{error.do}")
    return redirect(f"{page}#attachments-title")


@login_required
@require_GET
def file(request: HttpRequest, version: int) -> HttpResponse:
    """One version, to be saved and never shown in the browser; that it was taken is written down before."""
    check_reads(request)
    found = queries.version(version)
    if found is None:
        raise Http404
    readable(request, found.attachment.about, found.attachment.key)
    if not attaching.is_kept(found):
        raise Http404
    data = attaching.hand_out(found, by=viewer(request), now=timezone.now())
    response = HttpResponse(data, content_type=TYPES[Form(found.form)])
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=found.name) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
