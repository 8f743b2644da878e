"""Inbox items in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from labs.wording import reason_text
from randomization.models import Category, Kind
from reports.forms import CloseForm
from reports.presenters.safety_items import SAFETY_ITEMS, safety_reason
from reports.selectors.inbox import items_of
from reports.selectors.listed import first
from safety.liver_wording import signal_item_text
from safety.services.cases import CASE_ITEM, CLOCK_ITEM, WITHDRAWN_ITEM
from safety.services.liver import INBOX as LIVER_ITEM
from trial.access.models import User
from trial.inbox.models import Item
from trial.web.parts import Tab
from visits.models.course import Term
from visits.services.infusions import REACTION_ITEM

PAGE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what it is, why, when the sample was taken, and where to read on."""

    item: Item
    title: str
    reason: str
    occurred_on: str
    url: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The newest items that wait, and how many there are in all."""

    lines: list[Line]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.lines)


def line(item: Item) -> Line:
    """An item with its sentences, built from its kind and parameters."""
    titles = {
        "relapse": _("New relapse"),
        "recall": _("Bags recalled"),
        "unblinding": _("Unblinding"),
        REACTION_ITEM: _("Reaction to an infusion"),
        LIVER_ITEM: _("Signal of the liver"),
        CASE_ITEM: _("Serious adverse event or pregnancy"),
        CLOCK_ITEM: _("Safety report due"),
        WITHDRAWN_ITEM: _("Not serious any more"),
    }
    return Line(
        item=item,
        title=titles.get(item.kind, item.kind),
        reason=_reason(item),
        occurred_on=item.params.get("occurred_on", ""),
        url=_address(item),
    )


def _reason(item: Item) -> str:
    if item.kind == "unblinding":
        kind, category = item.params["kind"], item.params["category"]
        return f"{Kind(kind).label}: {Category(category).label}"
    if item.kind == "recall":
        words = {"site": item.site.code, "bags": ", ".join(item.params.get("bags", []))}
        return (
            _("Site %(site)s: don't use these bags, put them apart and keep them: %(bags)s.")
            % words
        )
    if item.kind == LIVER_ITEM:
        return signal_item_text(item.params)
    if item.kind in SAFETY_ITEMS:
        return safety_reason(item)
    if item.kind == REACTION_ITEM:
        term = str(dict(Term.choices).get(item.params["term"], item.params["term"]))
        said: str = _(
            "%(term)s, grade %(grade)s, at %(visit)s: to be judged as an adverse event."
        ) % {**item.params, "term": term}
        return said[:1].upper() + said[1:]
    code = item.params.get("reason_code", "")
    return reason_text(code, item.params.get("reason_params", {})) if code else ""


def _address(item: Item) -> str:
    if item.kind == "unblinding":
        return reverse("randomization:unblinding", args=[item.params["unblinding"]])
    if item.kind == LIVER_ITEM:
        page = reverse("liver:toxicity", args=[item.participant_code])
        return f"{page}#signal-{item.params['signal']}"
    if item.kind in SAFETY_ITEMS:
        return reverse("safety:case", args=[item.params["case"]])
    if not item.participant_code:
        return reverse("reports:inbox")
    return reverse("reports:participant", args=[item.participant_code])


def waiting(user: User, limit: int) -> Waiting:
    """The newest items that nobody has closed yet; one statement."""
    found = first(items_of(user).filter(done_at=None), limit)
    return Waiting([line(item) for item in found.rows], found.total)


def page(user: User, query: Mapping[str, str], refused: CloseForm | None) -> dict[str, Any]:
    """The inbox page: waiting or closed items, each with its form; `refused` keeps its text."""
    closed = query.get("show") == "closed" and refused is None
    items = items_of(user).filter(done_at__isnull=not closed)
    shown = Paginator(items, PAGE).get_page(query.get("page"))
    address = reverse("reports:inbox")
    return {
        "page": shown,
        "closed": closed,
        "lines": [(line(item), _form(item, refused)) for item in shown],
        "tabs": [
            Tab(_("Waiting"), address, active=not closed),
            Tab(_("Closed"), f"{address}?show=closed", active=closed),
        ],
    }


def _form(item: Item, refused: CloseForm | None) -> CloseForm:
    return refused if refused is not None and refused.item.pk == item.pk else CloseForm(item)
