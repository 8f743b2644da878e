"""Recording that part of the trail was reviewed (R-23)."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from reports.models import TrailReview
from reports.selectors.risk import RISKS, counts
from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.models import EventQuerySet


def record(
    *, rows: EventQuerySet, risk: str, site: Site | None, since: date, until: date, note: str,
    by: Actor,
) -> TrailReview:  # fmt: skip
    """Keep that `rows` (what the reviewer may see) were reviewed for one kind of risk.

    What is counted is what is there now: events that come later are not reviewed by it. Raises
    Refused without a note or with a period that ends before it begins.
    """
    if since > until:
        raise Refused({"until": [_("The period ends before it begins.")]})
    if not note.strip():
        raise Refused({"note": [_("Say what you looked at and what you found.")]})
    found = counts(RISKS[risk], rows, since, until).values()
    chosen = [one for one in found if site is None or one.site_id == site.pk]
    with transaction(by=by, reason=note):
        review = TrailReview.objects.create(
            risk=risk,
            site=site,
            since=since,
            until=until,
            events=sum(one.events for one in chosen),
            upto=max((one.upto for one in chosen), default=0),
            note=note.strip(),
            reviewed_at=timezone.now(),
            reviewed_by=by.name,
        )
        events.record(
            events.Act.TRAIL_REVIEWED,
            by=by,
            record=f"reports_trailreview:{review.pk}",
            subject=(site.pk if site else None, None, None),
            reason=note,
            details={"risk": risk, "since": str(since), "until": str(until),
                     "events": review.events, "upto": review.upto},
        )  # fmt: skip
    return review
