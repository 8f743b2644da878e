"""Reading the number a coordinator typed, without ever guessing; F-102, F-103, F-105."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

MAX_LENGTH = 32
MAX_INTEGER_DIGITS = 12
MAX_FRACTION_DIGITS = 8

Comparator = Literal["", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as typed: ``text`` untouched, ``value`` exact, ``comparator`` for censored ones."""

    comparator: Comparator
    value: Decimal
    text: str


class NumberError(ValueError):
    """The text is not one clear number; ``code`` says why, ``params`` fill the message.

    Codes: empty, too_long, control_character, not_finite, exponent, underscore,
    ambiguous_separator, too_many_digits, negative_zero, incomplete, unit_in_value, not_a_number.
    """

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params: Mapping[str, str] = dict(params or {})


# An explicit table and not NFKC, which would turn "10²" into "102" and "½" into "1⁄2".
_SIGNS = {
    "，": ",",
    "．": ".",
    "。": ".",  # what a Chinese keyboard gives for the full stop key
    "٫": ".",  # Arabic decimal separator
    "٬": ",",  # Arabic thousands separator
    "＜": "<",
    "＞": ">",
    "＝": "=",
    "≤": "<=",
    "≦": "<=",
    "⩽": "<=",
    "≥": ">=",
    "≧": ">=",
    "⩾": ">=",
    "－": "-",
    "−": "-",
    "＿": "_",
    "’": "'",
}
_DIGITS = {
    chr(first + digit): str(digit)
    for first in (0xFF10, 0x0660, 0x06F0)  # full-width, Arabic-Indic, Eastern Arabic-Indic
    for digit in range(10)
}
_ASCII = str.maketrans(_SIGNS | _DIGITS)

_NUMBER = re.compile(r"(?P<integer>[0-9]*)(?:[.,](?P<fraction>[0-9]+))?")
_NOT_FINITE = re.compile(r"(?i)(nan|inf|infinity|∞)")
_EXPONENT = re.compile(r"(?i)[0-9.,]+ *(e *[+-]?[0-9]+|[x×*] *10.*)")
_UNIT = re.compile(r"[0-9]+([.,][0-9]+)? *[%µμ°a-zA-Z].*")
_GROUPED = re.compile(r"[0-9]+(?:[., '_][0-9]+)+")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def parse_quantity(text: str) -> Quantity:
    """Read a number with an optional comparator, e.g. "1,5", "< 0.3", "＞１０", "≤٣".

    Decimal point and decimal comma both count; what could be a thousands separator is refused.
    Raises NumberError with a code of its own for every kind of refusal.
    """
    if len(text) > MAX_LENGTH:
        raise NumberError("too_long", {"max": str(MAX_LENGTH)})
    _refuse_hidden_characters(text)
    plain = text.strip().translate(_ASCII)
    if not plain:
        raise NumberError("empty")
    comparator, number = _split_comparator(plain)
    value = _number(number.removeprefix("-"))
    if number.startswith("-"):
        if value == 0:
            raise NumberError("negative_zero")
        value = -value
    return Quantity(comparator=comparator, value=value, text=text)


def _split_comparator(plain: str) -> tuple[Comparator, str]:
    known: tuple[Comparator, ...] = ("<=", ">=", "<", ">")  # the longer ones first
    comparator: Comparator = next((mark for mark in known if plain.startswith(mark)), "")
    return comparator, plain.removeprefix(comparator).lstrip(" ")


def _refuse_hidden_characters(text: str) -> None:
    # Controls, format characters (zero width, right-to-left override), surrogates, private use,
    # unassigned code points and line separators can change what a reader sees.
    for character in text:
        category = unicodedata.category(character)
        if category.startswith("C") or category in ("Zl", "Zp"):
            raise NumberError("control_character", {"character": f"U+{ord(character):04X}"})


def _number(plain: str) -> Decimal:
    match = _NUMBER.fullmatch(plain)
    if match is None or not (match["integer"] or match["fraction"]):
        raise NumberError(_refusal(plain))
    if _THOUSANDS.fullmatch(plain):
        raise NumberError("ambiguous_separator")
    integer, fraction = match["integer"], match["fraction"] or ""
    if len(integer.lstrip("0")) > MAX_INTEGER_DIGITS or len(fraction) > MAX_FRACTION_DIGITS:
        limits = {"integer": str(MAX_INTEGER_DIGITS), "fraction": str(MAX_FRACTION_DIGITS)}
        raise NumberError("too_many_digits", limits)
    return Decimal(f"{integer or '0'}.{fraction}" if fraction else integer)


def _refusal(plain: str) -> str:
    """Name what is wrong with a text that is no number."""
    if not plain.strip(".,"):
        return "incomplete"
    if _NOT_FINITE.fullmatch(plain):
        return "not_finite"
    if _EXPONENT.fullmatch(plain):
        return "exponent"
    if _GROUPED.fullmatch(plain):
        return "underscore" if "_" in plain else "ambiguous_separator"
    if re.fullmatch(r"[0-9]+[.,]", plain):
        return "incomplete"
    return "unit_in_value" if _UNIT.fullmatch(plain) else "not_a_number"
