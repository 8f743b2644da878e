"""One version of the protocol: all study data that an amendment may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from trial.protocol.allocation import AllocationParameters
from trial.protocol.analytes import Analyte
from trial.protocol.casebook.forms import CHECKS, FORMS
from trial.protocol.crf import Form
from trial.protocol.criteria import Criterion, EligibilityParameters
from trial.protocol.critical import CriticalFields
from trial.protocol.diagnosis import RevisedScoreParameters
from trial.protocol.dosing import Arm, DosingParameters
from trial.protocol.edit_checks import Check
from trial.protocol.endpoints import EndpointParameters
from trial.protocol.histology import HistologyParameters
from trial.protocol.label import Label
from trial.protocol.product import ProductParameters
from trial.protocol.safety import SafetyParameters
from trial.protocol.schedule import VisitDefinition
from trial.protocol.symptoms import SymptomParameters
from trial.protocol.therapy import AzathioprineParameters, SteroidParameters


# Compared by identity: two versions are never equal by chance, and lookups can be cached.
@dataclass(frozen=True, eq=False)
class ProtocolVersion:
    """The protocol as it holds under one version number; nothing in it ever changes."""

    number: str
    issued_on: date
    title: Label
    visits: tuple[VisitDefinition, ...]
    analytes: tuple[Analyte, ...]
    criteria: tuple[Criterion, ...]
    eligibility: EligibilityParameters
    endpoints: EndpointParameters
    arms: tuple[Arm, ...]
    dosing: DosingParameters
    critical: CriticalFields
    allocation: AllocationParameters
    product: ProductParameters = field(default_factory=ProductParameters)
    forms: tuple[Form, ...] = FORMS
    checks: tuple[Check, ...] = CHECKS
    safety: SafetyParameters = field(default_factory=SafetyParameters)
    steroids: SteroidParameters = field(default_factory=SteroidParameters)
    azathioprine: AzathioprineParameters = field(default_factory=AzathioprineParameters)
    revised_score: RevisedScoreParameters = field(default_factory=RevisedScoreParameters)
    histology: HistologyParameters = field(default_factory=HistologyParameters)
    symptoms: SymptomParameters = field(default_factory=SymptomParameters)
    # The version of the consent form that participants sign, or sign anew after an amendment.
    consent_version: str = "1.0"
    # A panel that is not complete this many days after the visit is asked about.
    labs_overdue_days: int = 14

    def visit(self, code: str) -> VisitDefinition:
        """Return the visit with this code; KeyError if the protocol has none."""
        return self._visits[code]

    def analyte(self, code: str) -> Analyte:
        """Return the analyte with this LBTESTCD; KeyError if the dictionary has none."""
        return self._analytes[code]

    def form(self, code: str) -> Form:
        """Return the form with this code; KeyError if this version asks for none."""
        return self._forms[code]

    def forms_at(self, visit_code: str) -> tuple[Form, ...]:
        """Return the forms of a visit in their order on the page."""
        return tuple(self.form(code) for code in self.visit(visit_code).forms)

    def panel(self, visit_code: str) -> tuple[Analyte, ...]:
        """Return the analytes of a visit's laboratory panel in their order on the form."""
        return tuple(self.analyte(code) for code in self.visit(visit_code).panel)

    def amended(
        self, *, number: str, issued_on: date, title: Label | None = None, **changes: Any
    ) -> "ProtocolVersion":
        """Return a new version that differs from this one in ``changes``; this one stays."""
        return replace(
            self, number=number, issued_on=issued_on, title=title or self.title, **changes
        )

    def amended_visits(
        self, changes: Mapping[str, Mapping[str, Any]], *, added: tuple[VisitDefinition, ...] = ()
    ) -> tuple[VisitDefinition, ...]:
        """Return the visits with the named fields changed by visit code, and ``added`` ones.

        KeyError for a code the protocol does not have; the result is in order of ``order``.
        """
        unknown = sorted(set(changes) - set(self._visits))
        if unknown:
            raise KeyError(", ".join(unknown))
        kept = tuple(replace(visit, **changes.get(visit.code, {})) for visit in self.visits)
        return tuple(sorted(kept + added, key=lambda visit: visit.order))

    @cached_property
    def _visits(self) -> dict[str, VisitDefinition]:
        return {visit.code: visit for visit in self.visits}

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {form.code: form for form in self.forms}

    @cached_property
    def _analytes(self) -> dict[str, Analyte]:
        return {analyte.code: analyte for analyte in self.analytes}
