"""One participant's laboratory course as plain values: what the rules read and nothing else.

The database layer builds these; the rules never see a model. Dates are calendar days at the site,
values are Decimal in the analyte's canonical (SI) unit, analytes are LBTESTCD codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

Sex = Literal["M", "F"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One result: as entered, converted, and with the reporting laboratory's range of that day.

    `comparator` is "" for an exact value, else one of < <= > >= ("<0.3" on the report).
    `lower` and `upper` are the range snapshot in the canonical unit; None: not given.
    """

    result_id: int
    analyte: str
    entered: Decimal
    entered_unit: str
    comparator: str
    value: Decimal
    lower: Decimal | None
    upper: Decimal | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One draw with its results; `usable` is False for a haemolysed or rejected specimen.

    `dialysis` answers "two or more sessions, or 24 h CVVHD, in the 7 days before the creatinine";
    None means nobody answered. `pt_isi` and `pt_mnpt` (s) belong to the prothrombin time.
    """

    panel_id: int
    panel_version: int
    visit_code: str
    scheduled: bool
    collected_on: date
    usable: bool
    observations: Mapping[str, Observation]
    dialysis: bool | None
    pt_isi: Decimal | None
    pt_mnpt: Decimal | None
    target_on: date | None = None
    window_opens: date | None = None
    window_closes: date | None = None

    def get(self, analyte: str) -> Observation | None:
        """The result to reason with: none from a rejected specimen, none that is not a number."""
        observation = self.observations.get(analyte) if self.usable else None
        if observation is None or not observation.value.is_finite():
            return None
        return observation

    @property
    def order(self) -> tuple[date, int]:
        """The place in the course; equal days are told apart by the panel's number."""
        return self.collected_on, self.panel_id


@dataclass(frozen=True, slots=True)
class Biopsy:
    """A liver biopsy; `mhai` is the Ishak grade 0-18, None until it is read.

    `adequate` is False once the core or a reading that counts says so (`course_inputs.biopsy_of`).
    """

    on: date
    mhai: int | None
    adequate: bool


@dataclass(frozen=True, slots=True)
class TherapyChange:
    """Immunosuppression reinstituted or escalated; `for_relapse` when disease activity is why.

    Which steps of therapy are one: `course_inputs.therapy_of`.
    """

    on: date
    for_relapse: bool


@dataclass(frozen=True, slots=True)
class ParticipantSeries:
    """All that the rules may know of one participant.

    `missed_visits` holds the target dates of scheduled visits that brought no sample; they only
    mark a relapse-free time as interval-censored (clinical rules §3.3).
    """

    participant_id: int
    sex_for_meld: Sex | None
    day0_on: date | None
    induction_started_on: date | None
    samples: tuple[Sample, ...]
    biopsies: tuple[Biopsy, ...] = ()
    therapy_changes: tuple[TherapyChange, ...] = ()
    missed_visits: tuple[date, ...] = ()

    def with_sample(self, sample: Sample) -> "ParticipantSeries":
        """The same course with `sample` put in, or replacing the one of the same panel."""
        others = [one for one in self.samples if one.panel_id != sample.panel_id]
        return replace(self, samples=tuple(sorted([*others, sample], key=lambda one: one.order)))
