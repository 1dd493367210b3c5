"""Opening a cycle, by the office."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hengjian.access import permissions
from hengjian.console.opening import MOMENT, Opening, policies_to_choose
from hengjian.console.rights import today
from hengjian.cycles import operations, queries
from hengjian.cycles.transitions import Audit
from hengjian.terms.errors import PolicyError, Refused


@login_required
@require_http_methods(["GET", "POST"])
def opening(request: HttpRequest) -> HttpResponse:
    """The form, and what it refuses, at its fields. Nothing happens on GET."""
    permissions.check_can_manage_cycles(request.user, today())
    policies = policies_to_choose(queries.policies_used())
    if request.method == "GET":
        tonight = (
            timezone.localtime().replace(hour=23, minute=59).strftime(MOMENT)
        )  # what comes in today counts
        form = Opening(policies=policies, initial={"policy": "seed", "cut_off": tonight})
        return render(request, "console/cycles/open.html", {"form": form})
    form = Opening(request.POST, policies=policies)
    if form.is_valid():
        try:
            made = operations.open_cycle(
                form.wanted(), Audit(request.user.get_username(), timezone.now(), "")
            )
        except (Refused, PolicyError) as error:
            form.refuse(error)
        else:
            messages.success(request, _("考核周期已建立。"))
            return redirect("console:cycles-cycle", made.pk)
    return render(request, "console/cycles/open.html", {"form": form}, status=422)
