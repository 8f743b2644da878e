"""The rows of an infusion as people call them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from visits.infusion_wording import point_text
from visits.models import (
    Bag,
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
)
from visits.models.course import Phase, Term


@dataclass(frozen=True, slots=True)
class Name:
    """The kind of record in an address, and what a person calls one."""

    code: str
    words: str | Promise


NAMES: Mapping[str, Name] = {
    "visits_infusion": Name("infusion", _("infusion")),
    "visits_infusionsonography": Name("sonography", _("sonography")),
    "visits_infusionvitals": Name("vitals", _("vital signs")),
    "visits_infusionratechange": Name("rate", _("rate of the infusion")),
    "visits_infusionpremedication": Name("premedication", _("premedication")),
    "visits_infusionreaction": Name("reaction", _("reaction")),
}
# The rows below an infusion, each with the column that tells it from its neighbours.
ROWS: Mapping[type[models.Model], str] = {
    InfusionSonography: "phase",
    InfusionVitals: "point",
    InfusionRateChange: "number",
    InfusionPremedication: "number",
    InfusionReaction: "term",
}


def name_of(table: str, mark: str) -> str:
    """ "vital signs, 30 min", "reaction, fever"."""
    words = str(NAMES[table].words)
    said = _mark(table, mark)
    return f"{words}, {said}" if said else words


def _mark(table: str, mark: str) -> str:
    if table == "visits_infusionvitals":
        return point_text(mark) if mark else ""
    if table == "visits_infusionsonography":
        return str(dict(Phase.choices).get(mark, mark))
    if table == "visits_infusionreaction":
        return str(dict(Term.choices).get(mark, mark))
    return mark


def address_of(bag: Bag) -> str:
    """The page on which the infusion of a bag is entered."""
    return reverse("bags:infusion", args=[bag.number])
