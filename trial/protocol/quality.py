"""What the protocol asks of the data's quality: when a gap is asked about, what is critical."""

from dataclasses import dataclass

# Primary and relapse endpoint, the inputs of the MELD scores, and who may take part at all.
_ANALYTES = ("ALT", "AST", "IGG", "BILI", "INR", "CREAT", "SODIUM", "ALB")
_VALUES = (
    ("labs_panel", "collected_on"),
    ("patients_consent", "form_version"),
    ("patients_consent", "given_at"),
    ("patients_criterionanswer", "answer"),
)


@dataclass(frozen=True, slots=True)
class QualityParameters:
    """`incomplete_after_days`: how long after a visit its labs may be incomplete unasked.
    `critical_analytes` and `critical_values` (table, column): what is verified in any case."""

    incomplete_after_days: int = 14
    critical_analytes: tuple[str, ...] = _ANALYTES
    critical_values: tuple[tuple[str, str], ...] = _VALUES
