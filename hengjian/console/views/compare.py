"""Two results beside each other: what changed for whom, and which cause had which share."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console.rights import today


@login_required
@require_GET
def compare(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Placeholder until the rooms' comparison is there."""
    permissions.check_can_read_results(request.user, today())
    raise NotImplementedError
