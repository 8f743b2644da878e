"""A reaction on the checklist of an infusion becomes a line of the adverse events."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from safety.models import AdverseEvent, EventOfReaction
from safety.selectors.reactions import has_event, infusion_number
from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.crf.owner import Owner
from trial.crf.services import NEW, Entry, save
from trial.crf.values import mark_of
from trial.inbox.models import Item
from trial.inbox.services import close_item
from trial.protocol.casebook import adverse_event
from visits.models import InfusionReaction
from visits.services.infusions import REACTION_ITEM

# Terms of the checklist that are one term of CTCAE; the others are left to whoever judges.
_TERMS = {
    "fever": "fever", "chills": "chills", "flushing": "flushing", "dyspnoea": "dyspnea",
    "hypotension": "hypotension", "nausea": "nausea", "headache": "headache",
    "thrombosis": "thromboembolic_event", "anaphylaxis": "anaphylaxis",
}  # fmt: skip


def make_event_of(*, reaction: InfusionReaction, by: Actor) -> int:
    """Open a line with what the checklist says, tie the two, close the reaction's inbox items.
    Returns the line's number.

    `reaction` comes with its infusion's visit, participant and site. Raises Refused for one that
    did not occur or has its event already; Locked; what saving the form raises.
    """
    visit = reaction.infusion.visit
    owner = Owner(visit.participant)
    with transaction(by=by):
        owner.lock()
        reaction.refresh_from_db(fields=["occurred", "onset", "grade", "state"])
        if reaction.state != InfusionReaction.State.DRAFT:
            raise Refused({"": [_("This reaction did not occur.")]})
        if has_event(reaction):
            raise Refused({"": [_("There is an adverse event of this reaction already.")]})
        number = _open_line(owner, reaction, by)
        event = AdverseEvent.objects.get(participant=visit.participant, number=number)
        EventOfReaction.objects.create(
            reaction=reaction, event=event, made_at=timezone.now(), made_by=by.name
        )
        for item in Item.objects.filter(
            cause__startswith=f"{REACTION_ITEM}:{reaction.pk}:", done_at=None
        ):
            close_item(item=item, note=_("Adverse event %(number)s.") % {"number": number}, by=by)
    return number


def _open_line(owner: Owner, reaction: InfusionReaction, by: Actor) -> int:
    form = adverse_event.FORM
    opened = save(
        owner=owner, entry=Entry(form, form.section("event"), _event(reaction), number=NEW), by=by
    )
    relation = form.section("relation")
    base = mark_of({question.name: question.empty for question in relation.questions})
    save(owner=owner, entry=Entry(form, relation, _relation(reaction), base, opened.number), by=by)
    return opened.number


def _event(reaction: InfusionReaction) -> Mapping[str, Any]:
    zone = reaction.infusion.visit.participant.site.zone
    onset = reaction.onset
    return {
        "term": str(reaction.get_term_display()),
        "ctcae_term": _TERMS.get(reaction.term, ""),
        "grade": str(reaction.grade or ""),
        "starts_on": onset.astimezone(zone).date().isoformat() if onset else "",
        "started_at": onset,
        # Who is alive after a reaction did not die of it; grade 5 and its outcome go together.
        "outcome": "fatal" if reaction.grade == 5 else "",
    }


def _relation(reaction: InfusionReaction) -> Mapping[str, Any]:
    begun, onset = reaction.infusion.started, reaction.onset
    hours = None
    if begun and onset and onset >= begun:
        hours = (Decimal((onset - begun).total_seconds()) / 3600).quantize(Decimal("0.1"))
    return {
        "after_infusion": True,
        "infusion": infusion_number(reaction.infusion),
        "hours_after": hours,
    }
