"""The timeline of a participant: options for the drawing, and the same as tables.

The drawing (static/js/timeline.js) knows colours and sizes; what stands where is decided here.
Places on the axis are days from day 0, or from screening before there is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from reports.infusion_records import address_of
from reports.presenters.participant import CBR, ENDPOINT, TONES, finding
from reports.selectors.course import Course, Sample, times_uln
from reports.timeline.marks import Ends, Step, items, packed, steps
from reports.timeline.words import Shown, on, shown
from trial.protocol.crf import Facts
from trial.protocol.schedule import study_day
from trial.web.formats import NOTHING, isodate, localized
from visits.models import Infusion
from visits.models import Status as VisitStatus

LINES = ("ALT", "AST", "BILI", "IGG")
_SHORT = {"ALT": "ALT", "AST": "AST", "IGG": "IgG"}
_BEFORE = timedelta(days=42)  # of what began before screening, this much is drawn
_APART = 14  # days between two bars of a line


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the table: the same as on the axis, and where it leads."""

    lane: str
    label: str
    since: str
    until: str
    day: int | None
    remark: str
    url: str


@dataclass(frozen=True)
class Timeline:
    """Everything on the axis. `infusions` come with their bag and visit."""

    course: Course
    facts: Facts
    infusions: Sequence[Infusion]
    id: str = field(default="timeline")

    @property
    def code(self) -> str:
        return self.course.participant.code

    @property
    def zero(self) -> date:
        """Where days count from."""
        person = self.course.participant
        return person.day0_on or person.screened_on

    @cached_property
    def everything(self) -> list[Shown]:
        """What is drawn in lanes, lane by lane."""
        found = [*self._visits(), *self._given(), *self._outcomes()]
        of_forms = [shown(one, self.code) for one in items(self.facts)]
        points = [one for one in of_forms if one.symbol]
        return [*found, *points, *(one for one in of_forms if not one.symbol)]

    @cached_property
    def period(self) -> tuple[date, date]:
        """The first and the last day of the axis."""
        first = self.course.participant.screened_on - _BEFORE
        planned = [one.closes_on for one in self.course.visits if one.closes_on]
        return first, max([self.facts.today, *planned])

    @cached_property
    def steps(self) -> list[Step]:
        first, _last = self.period
        return steps(self.facts, self.course.protocol.steroids, first, self.facts.today)

    # --- what there is ----------------------------------------------------------------------------
    def _visits(self) -> Iterator[Shown]:
        for one in self.course.visits:
            label = localized(one.name)
            url = reverse("visits:visit", args=[self.code, one.slug])
            window = f"{isodate(one.opens_on)} – {isodate(one.closes_on)}" if one.opens_on else ""
            if one.opens_on and one.closes_on:
                ends = Ends(one.opens_on, one.opens_on, one.closes_on, one.closes_on)
                if one.status == VisitStatus.PLANNED:
                    yield Shown(_("Visits"), label, ends, url=url, since=isodate(one.opens_on),
                                until=isodate(one.closes_on), remark=_("window"))  # fmt: skip
            if one.held_on:
                late = one.out_of_window
                yield Shown(_("Visits"), label, on(one.held_on), "amber" if late else "green",
                            "triangle" if late else "circle", url=url, since=isodate(one.held_on),
                            remark=_("outside its window %(window)s") % {"window": window}
                            if late else _("held"))  # fmt: skip
            elif one.status == VisitStatus.MISSED and one.target_on:
                yield Shown(_("Visits"), label, on(one.target_on), "red", "diamond", url=url,
                            since=isodate(one.target_on), remark=_("missed"))  # fmt: skip

    def _given(self) -> Iterator[Shown]:
        zone = self.course.participant.site.zone
        for number, one in enumerate(self.infusions, 1):
            if one.started is None:
                continue
            day = one.started.astimezone(zone).date()
            remark = _("stopped early") if one.stopped_early else ""
            label = _("Infusion %(n)s, %(visit)s") % {"n": number, "visit": one.visit.label}
            yield Shown(_("Infusions"), label, on(day), "blue", "pin", bool(one.stopped_early),
                        address_of(one.bag), isodate(day), remark=remark)  # fmt: skip

    def _outcomes(self) -> Iterator[Shown]:
        """Relapse and response, on the day that the rules give."""
        url = reverse("reports:participant", args=[self.code])
        for rule in (CBR, ENDPOINT):
            row = self.course.current.get(rule)
            if row is not None and row.occurred_on is not None:
                found = finding(row)
                tone = TONES.get(row.outcome, "grey")
                yield Shown(_("Response"), f"{found.name}: {found.outcome}", on(row.occurred_on),
                            tone, "diamond" if tone == "red" else "circle", url=url,
                            since=isodate(row.occurred_on))  # fmt: skip

    # --- as a drawing -----------------------------------------------------------------------------
    def options(self) -> dict[str, Any]:
        """What the drawing is made from, ready for json_script."""
        first, last = self.period
        names, placed = self._lanes(first, last)
        drawn = [self._drawn(one, ends, row) for one, ends, row in placed]
        return {
            "start": self.zero.isoformat(),
            "min": self._at(first),
            "max": self._at(last),
            "today": self._at(self.facts.today),
            "rows": names,
            "bars": [one for one in drawn if "at" in one],
            "dots": [one for one in drawn if "x" in one],
            "steps": [[self._at(one.first), self._at(one.last) + 1, float(one.low),
                       None if one.high is None else float(one.high)] for one in self.steps],
            "lines": [{"code": code, "name": name, "points": self._points(code)}
                      for code, name in self.analytes],
            "words": {
                "day": _("Day"), "dose": _("Prednisolone equivalent, mg/day"), "limits": "×ULN",
                "today": _("today"), "dose_up_to": _("up to"),
            },
        }  # fmt: skip

    def _lanes(self, first: date, last: date) -> tuple[list[str], list[tuple[Shown, Ends, int]]]:
        """The names of the lines, each thing with its line; points share the first of a lane."""
        names: list[str] = []
        placed: list[tuple[Shown, Ends, int]] = []
        for lane in dict.fromkeys(one.lane for one in self.everything):
            seen = [(one, ends) for one in self.everything
                    if one.lane == lane and (ends := one.ends.within(first, last))]  # fmt: skip
            points = any(one.symbol for one, _ends in seen)
            rows = [0] * len(seen) if points else packed([ends for _one, ends in seen], _APART)
            placed += [(one, ends, len(names) + row)
                       for (one, ends), row in zip(seen, rows, strict=True)]  # fmt: skip
            names += [lane, *[""] * max(rows, default=0)] if seen else []
        return names, placed

    def _drawn(self, one: Shown, ends: Ends, row: int) -> dict[str, Any]:
        dates = " – ".join(filter(None, (one.since, one.until)))
        tip = " · ".join(filter(None, (one.label, dates, one.remark)))
        look = {"row": row, "label": one.label, "tip": tip, "tone": one.tone, "url": one.url,
                "strong": one.strong}  # fmt: skip
        if one.symbol and ends.start_from == ends.end_by:
            return {**look, "x": self._at(ends.start_from), "symbol": one.symbol}
        days = (ends.start_from, ends.start_by, ends.end_from, ends.end_by)
        return {**look, "at": [self._at(day) for day in days], "open": ends.open}

    def _at(self, day: date) -> int:
        return (day - self.zero).days

    @property
    def analytes(self) -> list[tuple[str, str]]:
        """The lines to choose from: (code, name)."""
        protocol = self.course.protocol
        return [(one, _SHORT.get(one) or localized(protocol.analyte(one).name)) for one in LINES]

    def _points(self, code: str) -> list[list[Any]]:
        return [
            [self._at(one.panel.collected_on), None if times is None else float(times),
             one.visit.label]
            for one in self.course.samples
            if one.usable
            for times in [times_uln(one.results.get(code))]
        ]  # fmt: skip

    # --- as tables --------------------------------------------------------------------------------
    def listed(self) -> list[Listed]:
        """Everything in the lanes, in order of time within its lane."""
        order = {lane: n for n, lane in enumerate(dict.fromkeys(o.lane for o in self.everything))}
        rows = sorted(self.everything, key=lambda one: (order[one.lane], one.ends.start_from))
        return [
            Listed(one.lane, one.label, one.since, one.until or NOTHING,
                   self.day_of(one.ends.start_from), one.remark, one.url)
            for one in rows
        ]  # fmt: skip

    def day_of(self, day: date) -> int | None:
        """The study day, None before there is a day 0."""
        day0 = self.course.participant.day0_on
        return study_day(day, day0) if day0 else None

    def values(self) -> list[tuple[Sample, int | None, list[Decimal | None]]]:
        """The samples with their multiples of the upper limits."""
        return [
            (one, self.day_of(one.panel.collected_on),
             [times_uln(one.results.get(code)) if one.usable else None for code in LINES])
            for one in self.course.samples
        ]  # fmt: skip

    def doses(self) -> list[tuple[date, date, str]]:
        """The steps of the steroids in words."""
        return [(one.first, one.last, _amount(one)) for one in self.steps]


def _amount(step: Step) -> str:
    if step.high is None:
        return _("at least %(low)s mg") % {"low": step.low}
    if step.low == step.high:
        return f"{step.low} mg"
    return _("%(low)s to %(high)s mg") % {"low": step.low, "high": step.high}
