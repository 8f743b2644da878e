"""The blank casebook: every form of a protocol on paper, for the days without a computer.

First what is asked about the person, then visit by visit, then the forms that go on over the
whole study; made from the protocol and the descriptions of its forms, so that a new question is
on the next print. Later the pages are entered like any other source.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import IO

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from labs.models import NotDone, Panel
from patients.models import Consent, Participant
from reports.infusion_records import NAMES
from reports.paper import by_hand, fonts
from reports.paper.asked import Asked, of_column, of_question
from reports.paper.page import LEFT, RIGHT, SIZE, SMALL, SOFT, Cover, Page, document
from reports.presenters.units import unit_text
from reports.presenters.words import FORMS as FORM_NAMES
from trial.protocol.analytes import Analyte
from trial.protocol.crf import Form
from trial.protocol.schedule import VisitDefinition
from trial.protocol.version import ProtocolVersion
from trial.web.formats import localized
from visits.infusion_alerts import AFTER_END, MINUTES_BETWEEN
from visits.infusion_sections import DRUG, OF_INFUSION, RATE, REACTION, SONOGRAPHY, VITALS
from visits.infusion_wording import point_text
from visits.models import (
    Infusion,
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
    Visit,
)
from visits.models.course import Phase, Term
from visits.vitals_plan import BASELINE, END

Part = Callable[[Page], None]
_PERSON = ("sex", "birth_year", "childbearing_potential", "disease_status", "screened_on",
           "enrolled_on", "day0_on", "induction_started_on")  # fmt: skip
_CONSENT = ("form_version", "given_at")
_VISIT = ("held_on", "reason")
_SAMPLE = ("collected_on", "collected_time", "sample_state", "dialysis", "pt_isi", "pt_mnpt")
_LINES = 6  # rows to write on where there may be any number


def write(file: IO[bytes], protocol: ProtocolVersion) -> int:
    """Draw the blank casebook in the language in force; gives the number of pages."""
    return document(file, _cover(protocol), partial(parts, protocol))


def _cover(protocol: ProtocolVersion) -> Cover:
    title = _("Blank casebook, protocol %(version)s") % {"version": protocol.number}
    return Cover(
        title=title,
        language=get_language() or "en",
        head=partial(_head, protocol),
        foot=(f"{title}. {localized(protocol.title)}",
              _("* needed. Write clearly in ink; strike errors once, with date and initials.")),
        count=lambda number, total: _("page %(n)s of %(of)s") % {"n": number, "of": total},
    )  # fmt: skip


def _head(protocol: ProtocolVersion, page: Page) -> float:
    """Whose page it is: participant, visit, day, and who fills it in."""
    y: float = A4[1] - 12 * mm
    page.write(LEFT, y, page.running, size=11, bold=True)
    version = _("Protocol %(version)s") % {"version": protocol.number}
    page.write(RIGHT - fonts.width(version, SIZE), y, version, tone=SOFT)
    y -= 8 * mm
    x = page.write(LEFT, y + 0.6, _("Participant")) + 2 * mm
    x = by_hand.boxes(page, page.write(by_hand.boxes(page, x, y, 2), y + 0.6, "-"), y, 6)
    x = page.write(x + 4 * mm, y + 0.6, _("Date")) + 2 * mm
    for place, count in enumerate((4, 2, 2)):
        x = by_hand.boxes(page, page.write(x, y + 0.6, "-") if place else x, y, count)
    x = page.write(x + 4 * mm, y + 0.6, _("Filled in by (initials)")) + 2 * mm
    page.dots(x, y, RIGHT)
    page.rule(y - 2.6 * mm)
    return float(y - 5 * mm)


def parts(protocol: ProtocolVersion) -> Iterator[Part]:
    """The casebook in the order in which it is filled in."""
    yield partial(_screening, protocol)
    for form in _of_person(protocol, repeats=False):
        yield partial(_whole_form, form)
    for visit in protocol.visits:
        yield partial(_visit, protocol, visit)
    for form in _of_person(protocol, repeats=True):
        yield partial(_whole_form, form)


def _of_person(protocol: ProtocolVersion, *, repeats: bool) -> list[Form]:
    return [one for one in protocol.forms if one.level == "participant" and one.repeats == repeats]


def _begin(page: Page, title: str) -> None:
    page.running = title
    page.turn()
    page.bookmark(title, 0)


# --- forms --------------------------------------------------------------------------------------
def _whole_form(form: Form, page: Page) -> None:
    """A form about the person, beginning on a page of its own."""
    _begin(page, localized(form.label))
    _form(page, form)


def _form(page: Page, form: Form) -> None:
    if form.help:
        page.text(localized(form.help), size=SMALL + 0.6, tone=SOFT)
    if form.repeats:
        page.text(_("One sheet for each line: copy it as often as needed."), tone=SOFT)
        by_hand.ask(page, Asked(_("Number of the line"), "line", whole=3))
    else:
        by_hand.ask(page, Asked(_("Not done, because"), "text"))
    for section in form.sections:
        page.heading(localized(section.label))
        if section.help:
            page.text(localized(section.help), size=SMALL + 0.6, tone=SOFT)
        for question in section.questions:
            by_hand.ask(page, of_question(form, question))


def _columns(page: Page, model: type[models.Model], names: tuple[str, ...]) -> None:
    for name in names:
        by_hand.ask(page, of_column(model, name))


def _screening(protocol: ProtocolVersion, page: Page) -> None:
    """The person, the consent, the criteria."""
    _begin(page, _("Screening and consent"))
    page.heading(str(FORM_NAMES["participant"]))
    _columns(page, Participant, _PERSON)
    page.heading(str(FORM_NAMES["consent"]))
    _columns(page, Consent, _CONSENT)
    page.heading(str(FORM_NAMES["eligibility"]))
    answers = (_("yes"), _("no"))
    for one in protocol.criteria:
        label = f"{one.code}  {localized(one.text)}"
        by_hand.ask(page, Asked(label, "yes_no", codes=answers, needed=True))
        if one.source == "score":
            by_hand.ask(page, Asked(f"{one.code}  {_('score')}", "number", whole=2))


# --- a visit ------------------------------------------------------------------------------------
def _visit(protocol: ProtocolVersion, visit: VisitDefinition, page: Page) -> None:
    _begin(page, localized(visit.name))
    page.text(_window(visit), tone=SOFT)
    by_hand.ask(page, Asked(_("Visit"), "choice", codes=(_("held"), _("missed"))))
    _columns(page, Visit, _VISIT)
    for form in protocol.forms_at(visit.code):
        page.bookmark(localized(form.label), 1)
        page.heading(localized(form.label), size=12.5, keep=35 * mm)
        _form(page, form)
    _labs(protocol, visit, page)
    dosing = protocol.dosing
    if visit.week in (*dosing.infusion_weeks, *dosing.optional_infusion_weeks):
        _infusion(page, localized(visit.name))


def _window(visit: VisitDefinition) -> str:
    if visit.week is None:
        return _("No planned day.")
    words = {"week": visit.week, "before": visit.window_before, "after": visit.window_after}
    return _("Target: week %(week)s from day 0; window −%(before)s to +%(after)s days.") % words


def _labs(protocol: ProtocolVersion, visit: VisitDefinition, page: Page) -> None:
    title = str(FORM_NAMES["labs"])
    page.need(60 * mm)
    page.bookmark(title, 1)
    page.heading(title, size=12.5)
    by_hand.ask(page, Asked(_("Laboratory"), "text"))
    _columns(page, Panel, _SAMPLE)
    header = (_("Test"), _("Value"), _("Unit (encircle)"), _("Range of the laboratory"),
              _("Usual range"), _("Not done: number"))  # fmt: skip
    rows = [_analyte(one) for one in protocol.panel(visit.code)]
    by_hand.grid(page, header, rows, (42, 24, 36, 28, 38, 14))
    reasons = "   ".join(f"{n} {text}" for n, (_c, text) in enumerate(NotDone.choices, 1))
    page.text(_("Not done: %(reasons)s") % {"reasons": reasons}, size=SMALL + 0.4, tone=SOFT)


def _analyte(analyte: Analyte) -> tuple[str, ...]:
    units = " / ".join(unit_text(analyte.code, unit.code) for unit in analyte.units)
    return (localized(analyte.name), "", units, "", default_range(analyte), "")


def default_range(analyte: Analyte) -> str:
    """The ranges that hold where a laboratory has given none: "F 7–40, M 9–50 U/L"."""
    found = []
    for one in analyte.default_ranges:
        ages = f"{one.age_low}–{one.age_high or ''}" if one.age_low or one.age_high else ""
        who = " ".join(filter(None, (one.sex, ages)))
        found.append(f"{who}: {range_text(one.low, one.high)}" if who else
                     range_text(one.low, one.high))  # fmt: skip
    unit = unit_text(analyte.code, analyte.canonical_unit.code)
    return f"{'; '.join(found)} {unit}" if found else ""


def range_text(low: Decimal | None, high: Decimal | None) -> str:
    """ "9–50", "≤ 26", "≥ 60"."""
    ends = [None if end is None else f"{end.normalize():f}" for end in (low, high)]
    if ends[0] is None or ends[1] is None:
        return f"≥ {ends[0]}" if ends[0] else f"≤ {ends[1]}"
    return f"{ends[0]}–{ends[1]}"


# --- an infusion --------------------------------------------------------------------------------
def _infusion(page: Page, visit: str) -> None:
    title = str(FORM_NAMES["infusion"])
    page.running = f"{visit} · {title}"
    page.turn()
    page.bookmark(title, 1)
    page.heading(title, size=12.5)
    by_hand.ask(page, Asked(_("Number of the bag"), "text", needed=True))
    for names in OF_INFUSION.values():
        _columns(page, Infusion, names)
    points = [BASELINE, *(f"D{n * MINUTES_BETWEEN}" for n in range(1, 5)), END,
              *(f"P{minutes}" for minutes in AFTER_END)]  # fmt: skip
    spare = [""] * _LINES
    _table(page, InfusionPremedication, DRUG, spare[:3])
    for _code, phase in Phase.choices:
        page.heading(f"{capfirst(str(NAMES['visits_infusionsonography'].words))}, {phase}")
        _columns(page, InfusionSonography, SONOGRAPHY)
    _table(page, InfusionVitals, VITALS, [*(point_text(one) for one in points), *spare[:4]])
    _table(page, InfusionRateChange, RATE, spare)
    _table(page, InfusionReaction, REACTION, [str(text) for _code, text in Term.choices])


def _table(page: Page, model: type[models.Model], names: tuple[str, ...], first: list[str]) -> None:
    """Rows of an infusion as a table; `first` names them."""
    asked = [of_column(model, name) for name in names if name != "struck"]
    page.need(35 * mm)
    page.heading(capfirst(str(NAMES[model._meta.db_table].words)))
    header = ["", *(_titled(one) for one in asked)]
    rows = [[name, *("" for _one in asked)] for name in first]
    by_hand.grid(page, header, rows, [1.6, *(_wide(one) for one in asked)], high=7.4 * mm)


def _titled(asked: Asked) -> str:
    more = " / ".join(asked.codes) or asked.unit
    return f"{asked.label} ({more})" if more else asked.label


def _wide(asked: Asked) -> float:
    return {"note": 2.2, "text": 1.6, "moment": 1.4}.get(asked.kind, 1.0)
