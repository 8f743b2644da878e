"""Saying that a departure from the protocol that the system found is none."""

from django.utils import timezone
from django.utils.translation import gettext as _

from patients.models import Participant
from patients.places import place_of
from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.quality.selectors.holds import require_open
from visits.models import Dismissal


def dismiss(*, participant: Participant, finding: str, reason: str, by: Actor) -> Dismissal:
    """Record that a finding is no deviation; said once, it stands. Raises Refused without a
    reason, Locked where deviations are held."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    with transaction(by=by, reason=reason):
        require_open(place_of(participant, "deviation"))
        said, _new = Dismissal.objects.get_or_create(
            participant=participant, finding=finding,
            defaults={"reason": reason.strip(), "dismissed_at": timezone.now(),
                      "dismissed_by": by.name},
        )  # fmt: skip
        return said
