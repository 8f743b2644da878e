"""What a coordinator may type, what it means, and what is refused rather than guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.numbers import MAX_LENGTH, NumberError, parse_quantity

NO_BREAK_SPACE = "\u00a0"
IDEOGRAPHIC_SPACE = "\u3000"


@pytest.mark.req("F-102")
@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [
        ("1.5", "", "1.5"),
        ("1,5", "", "1.5"),
        ("0", "", "0"),
        ("0.30", "", "0.30"),
        (".5", "", "0.5"),
        (",5", "", "0.5"),
        ("-2", "", "-2"),
        ("007", "", "7"),
        (" 12 ", "", "12"),
        (f"{NO_BREAK_SPACE}12{IDEOGRAPHIC_SPACE}", "", "12"),
        # a comma is a decimal comma wherever it cannot group thousands
        ("0,234", "", "0.234"),
        ("1,23", "", "1.23"),
        ("1,2345", "", "1.2345"),
        ("1234,567", "", "1234.567"),
        ("00,234", "", "0.234"),
        ("1.234", "", "1.234"),  # a point is always the decimal point
        # censored
        ("<0.3", "<", "0.3"),
        ("< 0,3", "<", "0.3"),
        (">10", ">", "10"),
        ("<=5", "<=", "5"),
        (">=5", ">=", "5"),
        ("≤5", "<=", "5"),
        ("≥ 5", ">=", "5"),
        ("≦5", "<=", "5"),
        ("≧5", ">=", "5"),
        # a Chinese or Arabic keyboard
        ("１２．５", "", "12.5"),
        ("１２，５", "", "12.5"),
        ("12。5", "", "12.5"),
        ("1。234", "", "1.234"),  # the full stop key: a point, not a comma
        ("＜０．３", "<", "0.3"),
        ("＞１０", ">", "10"),
        ("＞＝１０", ">=", "10"),
        ("－３", "", "-3"),
        ("−3", "", "-3"),
        ("٣٫٥", "", "3.5"),
        ("۳٫۵", "", "3.5"),
        ("<٣", "<", "3"),
    ],
)
def test_a_clear_number_is_read_and_its_text_kept(text, comparator, value):
    quantity = parse_quantity(text)
    assert (quantity.comparator, quantity.value) == (comparator, Decimal(value))
    assert str(quantity.value) == value
    assert quantity.text == text


@pytest.mark.req("F-102")
@pytest.mark.parametrize(
    "text",
    [
        "1,234",  # 1.234 or 1234?
        "12,345",
        "123,456",
        "<1,234",
        "-1,234",
        "１，２３４",
        "1.234,5",
        "1,234.5",
        "1.234.567",
        "1,234,567",
        "1 234",
        "1'234",
        "1’234",
        "1٬234",
    ],
)
def test_what_could_be_a_thousands_separator_is_refused(text):
    assert refusal(text) == "ambiguous_separator"


@pytest.mark.req("F-103")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (IDEOGRAPHIC_SPACE, "empty"),
        ("nan", "not_finite"),
        ("NaN", "not_finite"),
        ("inf", "not_finite"),
        ("-inf", "not_finite"),
        ("-Infinity", "not_finite"),
        ("∞", "not_finite"),
        ("1e309", "exponent"),
        ("1E-400", "exponent"),
        ("-1e5", "exponent"),
        ("1.5e3", "exponent"),
        ("1x10^3", "exponent"),
        ("1.2×10", "exponent"),
        ("1_000", "underscore"),
        ("１＿０００", "underscore"),
        ("-0", "negative_zero"),
        ("-0,00", "negative_zero"),
        ("<-0", "negative_zero"),
        ("<", "incomplete"),
        ("≥", "incomplete"),
        ("-", "incomplete"),
        (".", "incomplete"),
        ("5.", "incomplete"),
        ("5,", "incomplete"),
        ("5 mg/dL", "unit_in_value"),
        ("5mg", "unit_in_value"),
        ("1,5 µmol/L", "unit_in_value"),
        ("12%", "unit_in_value"),
        ("NA", "not_a_number"),
        ("None", "not_a_number"),
        ("null", "not_a_number"),
        ("True", "not_a_number"),
        ("+5", "not_a_number"),
        ("~5", "not_a_number"),
        ("=5", "not_a_number"),
        ("<<5", "not_a_number"),
        ("=<5", "not_a_number"),
        ("5-10", "not_a_number"),
        ("--5", "not_a_number"),
        ("1..5", "not_a_number"),
        ("1:80", "not_a_number"),
        ("10²", "not_a_number"),  # must never become 102
        ("½", "not_a_number"),
        ("①", "not_a_number"),
        ("十", "not_a_number"),
        ("5️", "not_a_number"),  # a variation selector after the digit
        ("0x1F", "unit_in_value"),
        ("<script>", "not_a_number"),
    ],
)
def test_everything_else_is_refused_with_its_own_code(text, code):
    assert refusal(text) == code


@pytest.mark.req("F-105")
@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("1\x000", "U+0000"),
        ("12\n", "U+000A"),
        ("1\t2", "U+0009"),
        ("\u202e21", "U+202E"),  # right-to-left override: shown as 12
        ("1\u200b2", "U+200B"),
        ("\ufeff12", "U+FEFF"),
        ("1\u20282", "U+2028"),
        ("\ud800", "U+D800"),
        ("\ue000", "U+E000"),
    ],
)
def test_hidden_characters_are_refused_and_named(text, character):
    with pytest.raises(NumberError) as refused:
        parse_quantity(text)
    assert refused.value.code == "control_character"
    assert refused.value.params == {"character": character}


@pytest.mark.req("F-105")
def test_a_megabyte_is_refused_by_its_length():
    assert refusal("1" * 1_000_000) == "too_long"


def test_the_length_limit_counts_the_whole_text():
    assert parse_quantity("1" + " " * (MAX_LENGTH - 1)).value == 1
    assert refusal("1" + " " * MAX_LENGTH) == "too_long"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("9" * 12, True),
        ("9" * 13, False),
        ("0" + "9" * 12, True),  # leading zeros carry nothing
        ("0.12345678", True),
        ("0.123456789", False),
    ],
)
def test_digits_are_limited_to_twelve_before_and_eight_after_the_point(text, accepted):
    if accepted:
        assert parse_quantity(text).value == Decimal(text)
    else:
        assert refusal(text) == "too_many_digits"


@pytest.mark.req("F-103")
@given(st.decimals(min_value=0, max_value=Decimal("999999999999"), places=4, allow_nan=False))
def test_every_plain_decimal_comes_back_equal_with_point_and_with_comma(value):
    text = format(value, "f")
    assert parse_quantity(text).value == value
    # four decimals, so that a comma can never group thousands
    assert parse_quantity(text.replace(".", ",")).value == value


@pytest.mark.req("F-105")
@given(st.text(max_size=40))
def test_any_text_is_either_a_finite_number_or_a_coded_refusal(text):
    code, quantity = outcome(text)
    if quantity is None:
        assert code
    else:
        assert quantity.value.is_finite()
        assert quantity.text == text


@given(st.from_regex(r"[<>≤≥]?[ ]?-?[0-9.,٣３]{1,10}", fullmatch=True))
def test_text_that_looks_like_a_number_never_breaks_the_reader(text):
    assert outcome(text)[0] in {
        "",
        "ambiguous_separator",
        "incomplete",
        "negative_zero",
        "not_a_number",
        "too_many_digits",
    }


def outcome(text):
    try:
        return "", parse_quantity(text)
    except NumberError as error:
        return error.code, None


def refusal(text):
    code, quantity = outcome(text)
    assert quantity is None, f"{text!r} was read as {quantity}"
    return code
