"""Recording that somebody has reviewed who has access (R-34)."""

from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.models import AccessReview, Membership, Site
from trial.access.texts import given
from trial.audit import events
from trial.audit.context import Actor, transaction


def review_access(*, site: Site | None, seen: int, note: str, by: Actor) -> AccessReview:
    """The standing roles of `site`, or of all, have been looked through; `seen` is how many.

    Raises Refused without a note, and if there are now more or fewer than were seen.
    """
    note = given(note, field="note")
    standing = Membership.objects.filter(ended_at=None)
    if site is not None:
        standing = standing.filter(site=site)
    with transaction(by=by, reason=note):
        if standing.count() != seen:
            raise Refused({"": [_("The list has changed since: look at it again.")]})
        row = AccessReview.objects.create(site=site, seen=seen, note=note, reviewed_by=by.name)
        events.record(
            events.Act.ACCESS_REVIEWED,
            by=by,
            record=f"access_accessreview:{row.pk}",
            details={"site": site.code if site else "", "seen": seen},
            subject=(site.pk if site else None, None, None),
            reason=note,
        )
    return row
