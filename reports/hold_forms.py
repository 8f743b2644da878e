"""Which part of the casebook is to be frozen or locked, and why."""

from typing import Any

from django import forms
from django.http import Http404, QueryDict
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from patients.forms import reason_field
from patients.models import Participant
from patients.places import place_of as place_of_participant
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.audit.records import Place
from trial.quality.casebook import AT_VISIT, FORM_OF_TABLE
from trial.quality.models import Kind, Scope
from visits.places import place_of

FORMS = tuple(dict.fromkeys(FORM_OF_TABLE.values()))


class ReasonForm(forms.Form):
    """Why something is frozen, locked or released."""

    reason = reason_field(_("Reason"))


class Target:
    """What an address asks to be held: `kind`, `scope`, and the `place` that is the user's.

    Raises Http404 for what is not there, or not for this user.
    """

    def __init__(self, user: AnyUser, query: QueryDict) -> None:
        self.kind = _one_of(Kind.values, query.get("kind", ""))
        self.scope = Scope(_one_of(Scope.values, query.get("scope", "")))
        self.place = self._place(user, query)

    def _place(self, user: AnyUser, query: QueryDict) -> Place:
        if self.scope == Scope.STUDY:
            return Place(0)
        if self.scope == Scope.SITE:
            sites, code = sites_of(user, Permission.REPORT_VIEW), query.get("site", "")
            return Place(_there(next((one for one in sites if one.code == code), None)).pk)
        return self._of_person(_person(user, query.get("participant", "")), query)

    def _of_person(self, person: Participant, query: QueryDict) -> Place:
        form = _one_of(FORMS, query.get("form", "")) if self.scope == Scope.FORM else ""
        if self.scope == Scope.PARTICIPANT or (form and form not in AT_VISIT):
            return place_of_participant(person, form)
        label = query.get("visit", "")
        visit = _there(next((one for one in person.visits.all() if one.label == label), None))
        visit.participant = person
        return place_of(visit, form)


def _person(user: AnyUser, code: str) -> Participant:
    visible = Participant.objects.visible_to(user, Permission.REPORT_VIEW).select_related("site")
    found = visible.filter(code=code).first() if normalise(code) == code else None
    person: Participant = _there(found)
    return person


def _there(found: Any) -> Any:
    if found is None:
        raise Http404
    return found


def _one_of(known: Any, given: str) -> str:
    if given not in known:
        raise Http404
    return given
