"""All forms of the study in the order of the ward's day, and all edit checks over them."""

from collections.abc import Mapping
from types import ModuleType

from trial.protocol.casebook import (
    adherence,
    adverse_event,
    aih_therapy,
    biopsy,
    blinding_guess,
    death,
    deviation,
    diagnosis,
    disposition,
    genotype,
    medical_history,
    medication,
    pregnancy_report,
    pregnancy_test,
    serious_event,
    sponsor_assessment,
    symptoms,
    vital_signs,
)
from trial.protocol.crf import Form
from trial.protocol.edit_checks import Check, future_of, limits_of, lines_of

_MODULES: tuple[ModuleType, ...] = (
    diagnosis, pregnancy_test, genotype, medical_history, aih_therapy, medication,
    vital_signs, symptoms, adherence, biopsy, blinding_guess,
    adverse_event, serious_event, sponsor_assessment, pregnancy_report, death,
    deviation, disposition,
)  # fmt: skip

FORMS: tuple[Form, ...] = tuple(module.FORM for module in _MODULES)
BY_CODE: Mapping[str, Form] = {form.code: form for form in FORMS}
# What an investigator signs: not what the sponsor's safety unit judges.
OF_THE_SITE: tuple[Form, ...] = tuple(form for form in FORMS if form.writer == "site")


def _checks(module: ModuleType) -> tuple[Check, ...]:
    own: tuple[Check, ...] = getattr(module, "CHECKS", ())
    form = module.FORM
    return (*limits_of(form), *future_of(form), *lines_of(form), *own)


CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in _checks(module))
