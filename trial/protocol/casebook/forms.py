"""All forms of the study in the order of the ward's day, and all edit checks over them."""

from collections.abc import Mapping

from trial.protocol.casebook import vital_signs
from trial.protocol.crf import Form
from trial.protocol.edit_checks import Check, limits_of

FORMS: tuple[Form, ...] = (vital_signs.FORM,)
BY_CODE: Mapping[str, Form] = {form.code: form for form in FORMS}

CHECKS: tuple[Check, ...] = tuple(check for form in FORMS for check in limits_of(form))
