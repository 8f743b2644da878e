"""The dataset of steroids and azathioprine at each visit (clinical rules §7).

Doses and sums are made in Python, row by row, from the lines of treatment that each row brings
along: one rule for page, file and past state. Dates may be partial and doses missing, so that
amounts come as a least and a greatest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from labs.series import Sample
from labs.timeline import in_cbr
from patients.exposure import Azathioprine, Exposure, azathioprine_on, exposure_of
from patients.steroids import Amount, daily_dose, steroid_free_response
from patients.therapy_lines import TherapyLine, lines_of, steroids_in
from reports.columns import Column, Kind, once, trimmed
from reports.dataset import Dataset
from reports.models import SteroidExposureRow
from reports.shared_columns import CHANGED, PARTICIPANT, SITE, VISIT, c
from safety.grading import draw_from
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.truth import Truth

_NEEDS = ("held_on", "protocol_version", "visit", "visit_number", "lines", "weights", "results")
_MADE = "_taken"
_FOUR, _WIDE = Decimal("0.0001"), Context(prec=40)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken on the day of a visit, and until then; `dose` None while no line is there."""

    dose: Amount | None
    exposure: Exposure | None
    azathioprine: Azathioprine | None
    free_response: Truth

    @property
    def days_to_low(self) -> int | None:
        """From the first day to the first one at or below the low dose, both known to the day."""
        one = self.exposure
        if one is None or not one.first_exact or one.low.exact is None:
            return None
        return (one.low.exact - one.first).days

    @property
    def missing(self) -> str | None:
        """Why an amount has no upper bound, as codes joined by ;"""
        if self.dose is None:
            return "no_line"
        sums = self.exposure.cumulative.missing if self.exposure else ()
        return ";".join(sorted({*self.dose.missing, *sums})) or None


def taken(row: Mapping[str, Any]) -> Taken:
    """What a row says was taken, worked out once for all its columns."""
    found: Taken = once(row, _MADE, _taken)
    return found


def _taken(row: Mapping[str, Any]) -> Taken:
    protocol, on = registry.get(row["protocol_version"]), row["held_on"]
    lines, response = _lines(row), in_cbr(_sample(row))
    weights = [(date.fromisoformat(day), Decimal(kg)) for day, kg in row["weights"] or ()]
    regimens = steroids_in(lines)
    return Taken(
        daily_dose(regimens, on, protocol.steroids) if lines else None,
        exposure_of(lines, on, protocol.steroids),
        azathioprine_on(lines, weights, on, protocol.steroids, protocol.azathioprine),
        steroid_free_response(response, regimens, on, protocol.steroids) if lines else None,
    )


def _lines(row: Mapping[str, Any]) -> tuple[TherapyLine, ...]:
    return lines_of(
        (one["number"], {**one, "daily_mg": _number(one["daily_mg"]),
                         "weight_kg": _number(one["weight_kg"])})
        for one in row["lines"] or ()
    )  # fmt: skip


def _sample(row: Mapping[str, Any]) -> Sample:
    """The visit's results of ALT, AST and IgG; of none, a sample without any."""
    draws = [draw_from(one, one["analyte"]) for one in row["results"] or ()]
    return Sample(
        panel_id=draws[0].panel_id if draws else 0, panel_version=0, visit_code=row["visit"],
        scheduled=row["visit_number"] == 0, collected_on=draws[0].on if draws else row["held_on"],
        usable=all(one.usable for one in draws), dialysis=None, pt_isi=None, pt_mnpt=None,
        observations={one.observation.analyte: one.observation for one in draws},
    )  # fmt: skip


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _four(value: Any) -> Any:
    return value.quantize(_FOUR, ROUND_HALF_UP, _WIDE) if isinstance(value, Decimal) else value


def _made(name: str, kind: Kind, text: str, of: Callable[[Taken], Any]) -> Column:
    return Column(name, kind, text, derive=lambda row: trimmed(_four(of(taken(row)))), needs=_NEEDS)


STEROID_EXPOSURE = Dataset(
    name="steroid-exposure",
    text="Steroids and azathioprine on the day of each visit, and until then.",
    rows=SteroidExposureRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the visit."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("held_on", "date", "Day of the visit, local to the site."),
        _made("prednisolone_mg", "decimal", "Daily dose in mg of prednisolone, at least.",
              lambda one: one.dose and one.dose.low),
        _made("prednisolone_mg_most", "decimal",
              "The same, at most; empty if it has no bound: missing says why.",
              lambda one: one.dose and one.dose.high),
        _made("steroid_first_on", "date", "Earliest day on which the first steroid may have begun.",
              lambda one: one.exposure and one.exposure.first),
        _made("cumulative_mg", "decimal", "Sum from that day to this in mg of prednisolone, "
              "at least.", lambda one: one.exposure and one.exposure.cumulative.low),
        _made("cumulative_mg_most", "decimal", "The same, at most.",
              lambda one: one.exposure and one.exposure.cumulative.high),
        _made("low_dose_on", "date", "First day at or below the protocol's low dose, known to the "
              "day.", lambda one: one.exposure and one.exposure.low.exact),
        _made("days_to_low_dose", "integer", "Days from the first steroid to that day.",
              lambda one: one.days_to_low),
        _made("steroid_free", "boolean", "Free of steroids on this day; empty if that is open.",
              lambda one: one.exposure and one.exposure.free),
        _made("steroid_free_response", "boolean", "Complete biochemical response in this visit's "
              "sample, free of steroids; empty if that is open.", lambda one: one.free_response),
        _made("azathioprine_mg", "decimal", "Daily dose; empty if none is taken or it is not "
              "known.", lambda one: one.azathioprine and one.azathioprine.mg),
        _made("azathioprine_mg_kg", "decimal", "The same by the weight of the line or the last one "
              "before.", lambda one: one.azathioprine and one.azathioprine.per_kg),
        _made("azathioprine_high", "boolean", "Above the protocol's limit that is warned of.",
              lambda one: one.azathioprine and one.azathioprine.high),
        _made("missing", "text", "no_line, or why an amount has no upper bound, as codes joined "
              "by ;", lambda one: one.missing),
        c("protocol_version", "text", "Protocol version of the visit."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "held_on", "changed_at"),
)  # fmt: skip
