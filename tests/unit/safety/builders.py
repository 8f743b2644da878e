"""Results and samples from short texts: "<5" is censored, "-" is not measured."""

from datetime import date, timedelta
from decimal import Decimal

from labs.series import Observation, Sample

START = date(2026, 3, 2)
UPPER = {"ALT": "40", "AST": "40", "BILI": "20", "ALP": "120"}


def result(analyte: str, text: str, lower: str | None = None, upper: str | None = None):
    """One result with the range of its laboratory, all in the canonical unit."""
    digits = text.lstrip("<>=")
    return Observation(
        result_id=1,
        analyte=analyte,
        entered=Decimal(digits),
        entered_unit="",
        comparator=text[: len(text) - len(digits)],
        value=Decimal(digits),
        lower=None if lower is None else Decimal(lower),
        upper=None if upper is None else Decimal(upper),
    )


def sample(day: int, upper: dict[str, str | None] | None = None, **values: str) -> Sample:
    """A draw `day` days after the first infusion; `upper` overrides limits, None takes one away."""
    limits = UPPER | (upper or {})
    return Sample(
        panel_id=1000 + day,
        panel_version=1,
        visit_code="",
        scheduled=False,
        collected_on=START + timedelta(days=day),
        usable=True,
        observations={
            analyte: result(analyte, text, upper=limits.get(analyte))
            for analyte, text in values.items()
            if text != "-"
        },
        dialysis=None,
        pt_isi=None,
        pt_mnpt=None,
    )
