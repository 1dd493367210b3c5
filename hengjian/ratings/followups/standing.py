"""The step that says how each case stands, as one query."""

from django.db.models import Exists, OuterRef, QuerySet

from hengjian.ratings.followups.models import Case, Step


def standing_cases(cases: QuerySet[Case]) -> QuerySet[Step]:
    """The last step of each of these cases."""
    later = Step.objects.filter(case=OuterRef("case"), number__gt=OuterRef("number"))
    return Step.objects.filter(~Exists(later), case__in=cases)
