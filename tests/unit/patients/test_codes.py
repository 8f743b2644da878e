"""Participant codes: Damm's check digit, and what a code survives."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patients.codes import check_digit, make_code, mistyped, normalise, plain

sites = st.integers(1, 99).map(lambda n: f"{n:02d}")
numbers = st.integers(1, 99_999)
codes = st.builds(make_code, sites, numbers)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("572", "4"), ("43881234567", "9"), ("0", "0"), ("", "0")],
)
def test_published_check_digits(digits, expected):
    """572 -> 4 is the worked example of the algorithm's usual descriptions."""
    assert check_digit(digits) == expected


@pytest.mark.req("R-53")
def test_code_carries_site_number_and_check_digit_and_nothing_else():
    assert make_code("01", 7) == "01-0070"


@given(codes)
def test_every_code_is_read_back_as_itself(code):
    assert normalise(code) == code
    assert not mistyped(code)


@given(codes, st.data())
def test_every_single_wrong_digit_is_found(code, data):
    places = [i for i, sign in enumerate(code) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))
    typed = code[:place] + wrong + code[place + 1 :]
    assert normalise(typed) is None
    assert mistyped(typed)


@given(codes, st.data())
def test_every_swap_of_neighbours_is_found(code, data):
    digits = code.replace("-", "")
    place = data.draw(st.integers(0, len(digits) - 2))
    assume(digits[place] != digits[place + 1])
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert normalise(swapped) is None
    assert mistyped(swapped)


@given(sites, st.integers(1, 9_998))
def test_neighbouring_numbers_differ_in_more_than_the_last_digit(site, number):
    assert make_code(site, number)[:-1] != make_code(site, number + 1)[:-1]


@pytest.mark.parametrize(
    "typed",
    [
        "01-0070",
        "010070",
        " 01-0070 ",
        "01 0070",
        "01-00 70",
        "０１-００７０",
        "０１－００７０",
        "01–0070",
        "01−0070",
    ],
)
def test_loose_spellings_mean_the_same_code(typed):
    assert normalise(typed) == "01-0070"


@pytest.mark.parametrize(
    "typed",
    ["", "01", "01-007", "1-0070", "01-0070x", "01_0070", "O1-0070", "01-0070\x00", "٠١-٠٠٧٠"],
)
def test_what_is_no_whole_code_is_neither_a_code_nor_a_slip(typed):
    assert normalise(typed) is None
    assert not mistyped(typed)


@given(st.text(max_size=30))
def test_any_text_is_read_without_an_error(text):
    read = normalise(text)
    assert read is None or normalise(read) == read
    assert plain(text).isascii() or read is None
