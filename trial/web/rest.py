"""What every REST endpoint that takes a body needs: exact numbers, and nothing unknown."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from trial.access.exceptions import Refused

MAX_BODY = 1_000_000
_KEY = re.compile(r"[!-~]{1,100}")
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="Your own key of this request: sent again, it gets the same answer and writes "
    "nothing.",
)


class JsonNumber(str):
    """A number of a JSON text, digit by digit as it was sent: no float ever sees it."""

    __slots__ = ()


class ExactJSONParser(BaseParser):
    """JSON in UTF-8, numbers as JsonNumber. Raises Refused for what is not clear JSON."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        data = stream.read(MAX_BODY + 1)
        if len(data) > MAX_BODY:
            raise Refused({"": [_("The body is too long: at most 1 MB.")]})
        try:
            found = json.loads(
                data.decode("utf-8"),
                parse_float=JsonNumber,
                parse_int=JsonNumber,
                parse_constant=_no_constant,
                object_pairs_hook=_no_twins,
            )
            # "\ud800" is half a character: neither a database nor an answer can hold it.
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Refused({"": [_("The body has half a character in it.")]}) from error
        except RecursionError as error:
            raise Refused({"": [_("The body is nested too deeply.")]}) from error
        except UnicodeDecodeError as error:
            raise Refused({"": [_("The body is not UTF-8.")]}) from error
        except ValueError as error:
            raise Refused({"": [_("The body is not JSON: %(why)s") % {"why": error}]}) from error
        return found


def _no_constant(name: str) -> NoReturn:
    raise Refused({"": [_("%(name)s is not a number in JSON.") % {"name": name}]})


def _no_twins(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A name given twice is an error: one of the two would be lost."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused({name[:60]: [_("Give this field once.")]})
        found[name] = value
    return found


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know, by name (F-111)."""

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:60]: [_("Unknown field.")] for name in unknown}
                )
        return super().run_validation(data)


class StrictBoolean(serializers.BooleanField):
    """true or false, and null where allowed; not 1, "yes" or "on"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class PlainText(serializers.CharField):
    """A text, kept as it was sent, blanks included; a number is not a text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or isinstance(data, JsonNumber):
            self.fail("invalid")
        return super().to_internal_value(data)


def cleaned(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """The serializer's data; raises Refused with messages by field, "results.0.unit"."""
    if serializer.is_valid():
        return dict(serializer.validated_data)
    raise Refused(flat(serializer.errors))


def flat(errors: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages of serializers as one level: a list's places and a field's names joined."""
    if isinstance(errors, Mapping):
        parts: Iterable[tuple[Any, Any]] = errors.items()
    elif any(isinstance(error, Mapping) for error in errors):
        parts = enumerate(errors)
    else:
        return {path: [str(error) for error in errors]} if errors else {}
    found: dict[str, list[str]] = {}
    for name, inner in parts:
        step = "" if name == "non_field_errors" else str(name)
        found |= flat(inner, ".".join(filter(None, (path, step))))
    return found


def idempotency_key(request: Request) -> str:
    """The request's Idempotency-Key. Raises Refused if it lacks or is no such key."""
    key: str = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        message = _("Give a key of 1 to 100 visible ASCII characters, a new one for each request.")
        raise Refused({"Idempotency-Key": [message]})
    return key
