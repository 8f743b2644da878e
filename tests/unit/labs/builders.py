"""Courses drawn as text: "0:400/320/24 · 12:38/30/–" is week:ALT/AST/IgG, "–" is missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from labs.assessment import Assessment
from labs.evaluate import evaluate
from labs.meld import MeldInputs, Score
from labs.series import Biopsy, Observation, ParticipantSeries, Sample, TherapyChange
from trial.protocol.endpoints import EndpointParameters

START = date(2026, 1, 5)
PARAMETERS = EndpointParameters()
ULN = {"ALT": "40", "AST": "40", "IGG": "16", "GLOBG": "16", "BILI": "21"}
UNITS = {"ALT": "U/L", "AST": "U/L", "IGG": "g/L", "GLOBG": "g/L", "PT": "s", "INR": "INR"}
SI = {"BILI": "umol/L", "CREAT": "umol/L", "ALB": "g/L", "SODIUM": "mmol/L"}
PROTOCOL_WEEKS = (0, 4, 8, 12, 24, 36, 48, 72, 96)
ANALYTES = ("ALT", "AST", "IGG", "GLOBG")


def changed(given: MeldInputs, changes: Mapping[str, Any]) -> MeldInputs:
    """The same inputs with the fields named in `changes` replaced."""
    return replace(given, **changes)


def number(score: Score) -> int:
    """The value of a score that has one."""
    assert score.value is not None, score.missing
    return score.value


def raw(score: Score) -> Decimal:
    """The unrounded result of a score that has one."""
    assert score.raw is not None, score.missing
    return score.raw


def observation(
    analyte: str,
    text: str,
    *,
    upper: str | None = None,
    unit: str | None = None,
    entered: str | None = None,
    result_id: int = 1,
) -> Observation:
    """One result from its text, "<0.2" included; `text` is in the canonical unit."""
    digits = text.lstrip("<>=")
    limit = upper if upper is not None else ULN.get(analyte)
    return Observation(
        result_id=result_id,
        analyte=analyte,
        entered=Decimal(entered or digits),
        entered_unit=unit or (UNITS | SI)[analyte],
        comparator=text[: len(text) - len(digits)],
        value=Decimal(digits),
        lower=None,
        upper=None if limit in (None, "") else Decimal(limit),
    )


def sample(
    panel_id: int,
    on: date,
    values: Mapping[str, str],
    *,
    visit: str = "",
    scheduled: bool = True,
    usable: bool = True,
    target_on: date | None = None,
    upper: Mapping[str, str] | None = None,
) -> Sample:
    found = {
        analyte: observation(
            analyte,
            text,
            upper=(upper or {}).get(analyte),
            result_id=100 * panel_id + place,
        )
        for place, (analyte, text) in enumerate(values.items())
    }
    return Sample(
        panel_id=panel_id,
        panel_version=1,
        visit_code=visit or f"P{panel_id}",
        scheduled=scheduled,
        collected_on=on,
        usable=usable,
        observations=found,
        dialysis=False,
        pt_isi=None,
        pt_mnpt=None,
        target_on=target_on,
    )


def day(week: int, days: int = 0) -> date:
    return START + timedelta(weeks=week, days=days)


def drawn(text: str, *, first_id: int = 1) -> tuple[Sample, ...]:
    """The samples of a drawn timeline; weeks outside the protocol are unscheduled."""
    samples = []
    for place, cell in enumerate(part.strip() for part in text.split("·")):
        when, _, values = cell.partition(":")
        week, _, offset = when.partition("+")
        given = dict(zip(ANALYTES, values.split("/"), strict=False))
        planned = int(week) in PROTOCOL_WEEKS
        samples.append(
            sample(
                first_id + place,
                day(int(week), int(offset or 0)),
                {name: value for name, value in given.items() if value != "–"},
                visit=f"W{week}" if planned else f"U{week}",
                scheduled=planned,
                target_on=day(int(week)) if planned else None,
            )
        )
    return tuple(samples)


def course(
    text: str,
    *,
    biopsies: tuple[tuple[int, int], ...] = (),
    therapy: tuple[int, ...] = (),
) -> ParticipantSeries:
    """A participant whose treatment began in week 0; biopsies as (week, mHAI)."""
    return ParticipantSeries(
        participant_id=1,
        sex_for_meld="F",
        day0_on=START,
        induction_started_on=START,
        samples=drawn(text),
        biopsies=tuple(Biopsy(day(week), mhai, adequate=True) for week, mhai in biopsies),
        therapy_changes=tuple(TherapyChange(day(week), for_relapse=True) for week in therapy),
    )


def answers(
    series: ParticipantSeries, parameters: EndpointParameters = PARAMETERS
) -> dict[str, Assessment]:
    """The assessments by rule."""
    return {one.rule: one for one in evaluate(series, parameters).assessments}


def outcome(series: ParticipantSeries, rule: str, **changes: Any) -> str:
    return answers(series, replace(PARAMETERS, **changes))[rule].outcome
