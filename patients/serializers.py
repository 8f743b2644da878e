"""A participant as bodies of REST requests name one."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from patients.codes import normalise
from trial.web.rest import PlainText


class CodeField(PlainText):
    """A participant's code, with its check digit."""

    def to_internal_value(self, data: Any) -> str:
        code = normalise(super().to_internal_value(data))
        if code is None:
            raise serializers.ValidationError(_("This is not a participant code."))
        return code
