"""Departures from the protocol in words, with what may be done about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patients.models import Participant
from reports.selectors.deviations import Detected, Detecting
from trial.access.models import User
from trial.access.policy import can
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.crf.panels import Panel
from trial.protocol.casebook.deviation import KIND_OF_FINDING
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion
from trial.web.formats import localized
from visits.deviations import Code, Deviation

PAGE = 25  # participants


@dataclass(frozen=True, slots=True)
class Line:
    """One finding on the page. `record_url` opens a new line of the deviation form with what is
    known; `number` is the line that records it, 0 for none."""

    text: str
    found: Detected
    record_url: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A participant with what was found, and whether the user may record it."""

    person: Participant
    lines: list[Line]
    may_write: bool


def page(user: User, given: Mapping[str, str]) -> dict[str, Any]:
    """The findings of all participants that the user may see, a page of them at a time."""
    sites = list(sites_of(user, Permission.REPORT_VIEW))
    people = Participant.objects.visible_to(user, Permission.REPORT_VIEW)
    people = people.select_related("site").prefetch_related("criteria").order_by("code")
    site = next((one for one in sites if one.code == given.get("site")), None)
    if site is not None:
        people = people.filter(site=site)
    found = Paginator(people, PAGE).get_page(given.get("page"))
    return {"page": found, "groups": groups(list(found), user), "sites": sites, "site": site}


def groups(people: list[Participant], user: User) -> list[Group]:
    """Whom something was found about, in the order given."""
    detecting = Detecting(people)
    may = {site: bool(can(user, Permission.VISIT_RECORD, site))
           for site in {one.site for one in people}}  # fmt: skip
    made = (Group(one, lines(one, detecting.of(one)), may[one.site]) for one in people)
    return [one for one in made if one.lines]


def lines(person: Participant, found: list[Detected]) -> list[Line]:
    return [
        Line(
            wording(one.deviation),
            one,
            _record_url(person, one),
            one.line.number if one.line else 0,
        )
        for one in found
    ]


def panel(
    facts: Facts, participant: Participant, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """What the facts show, beside the list of recorded deviations."""
    found = (
        []
        if row
        else lines(participant, Detecting([participant], {participant.pk: facts}).of(participant))
    )
    return Panel("deviations/_panel.html", {"lines": found}) if found else None


def _record_url(person: Participant, one: Detected) -> str:
    """The form of a new line with what is known; kind and description can be changed there."""
    found = one.deviation
    known = {
        "occurred_on": found.on or "",
        "found_on": person.site.today(),
        "kind": KIND_OF_FINDING[found.code],
        "visit_label": found.visit,
        "description": wording(found),
        "origin": "detected",
        "detected_code": one.name,
    }
    address = reverse("crf:sheet", args=[person.code, "deviation", "new"])
    return f"{address}?{urlencode(known)}"


def wording(found: Deviation) -> str:
    """A finding as a sentence."""
    words = {"visit": found.visit, "amount": _amount(found.amount)}
    match found.code:
        case Code.VISIT_EARLY | Code.VISIT_LATE:
            return _days(found)
        case Code.VISIT_MISSED:
            return _("%(visit)s was missed.") % words
        case Code.ASSESSMENT_MISSED:
            return _("%(visit)s: not done: %(what)s.") % (words | {"what": _assessment(found)})
        case Code.DOSE:
            return _("%(visit)s: the dose given is off the order by %(amount)s per cent.") % words
        case Code.DOSE_PER_KG:
            return (
                _("%(visit)s: %(amount)s × 10⁶ cells per kg were ordered, outside the protocol.")
                % words
            )
        case Code.WEIGHT_DATE:
            return _("%(visit)s: the weight is %(amount)s days older than the infusion.") % words
        case Code.INTERVAL:
            more = {"before": found.details[0]}
            return _("%(visit)s: %(amount)s days off the interval after %(before)s.") % (
                words | more
            )
        case Code.FIRST_INFUSION_LATE:
            return _("The first infusion was %(amount)s hours later than allowed.") % words
        case _:
            criteria = ", ".join(found.details)
            return _("Randomised although not eligible: %(criteria)s.") % {"criteria": criteria}


def _days(found: Deviation) -> str:
    days = abs(int(found.amount or 0))
    words = {"visit": found.visit, "days": days}
    if found.code == Code.VISIT_EARLY:
        return ngettext(
            "%(visit)s was %(days)s day before its window.",
            "%(visit)s was %(days)s days before its window.", days,
        ) % words  # fmt: skip
    return ngettext(
        "%(visit)s was %(days)s day after its window.",
        "%(visit)s was %(days)s days after its window.", days,
    ) % words  # fmt: skip


def _assessment(found: Deviation) -> str:
    name = found.details[0]
    return _("laboratory") if name == "labs" else localized(BY_CODE[name].label)


def _amount(value: Decimal | None) -> str:
    return "" if value is None else format(round(value, 2).normalize(), "f")
