"""Odd input at the form's door: right, or refused in words; never an error page, never changed."""

from decimal import Decimal

import pytest

from labs.models import Panel, Result
from tests.factories import study
from tests.integration.labs.forms import PANEL, address, problems, shown, typed


@pytest.fixture
def visit(cast):
    return study.visit_of(study.enrolled(cast.site), "W12")


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.coordinator)
    return client


@pytest.mark.req("F-102")
@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [
        ("1,5", "", "1.5"), ("1.5", "", "1.5"), ("１．５", "", "1.5"), ("１，５", "", "1.5"),
        ("٣٫٥", "", "3.5"), ("<0.9", "<", "0.9"), ("＞ １０", ">", "10"), ("≤ 5", "<=", "5"),
        ("  12 ", "", "12"), ("007", "", "7"), (".9", "", "0.9"),
    ],
)  # fmt: skip
def test_a_clear_number_is_read_and_kept_as_typed(desk, cast, visit, text, comparator, value):
    response = desk.post(
        address(visit),
        typed(cast.laboratory, visit, {"IGG": text}) | {"k-IGG": "1", "c-IGG": "checked"},
    )
    assert response.status_code == 302, problems(response)
    row = Result.objects.get()
    assert (row.text, row.comparator, row.value) == (text, comparator, Decimal(value))


@pytest.mark.req("F-102", "F-103", "F-105")
@pytest.mark.parametrize(
    "text",
    [
        "1.234,5", "1,234.5", "1,234", "1 234", "1'234", "1_000", "NaN", "inf", "-inf", "∞",
        "1e309", "1e-400", "-0", "-0.0", "True", "None", "null", "NA", "--5", "<<5", "5<", "1/2",
        "½", "10²", "12 U/L", "5%", "=1+1", "0x10", "1.", ",", "<", "-5", "999999999999999",
        "0.123456789", "1\u202e5", "1\u200b5", "1\x005", "\x00", "5\x07", "💉", "五", "é",
        "<script>alert(1)</script>", "9" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words_and_given_back(desk, cast, visit, text):
    response = desk.post(address(visit), typed(cast.laboratory, visit, {"ALT": text, "AST": "30"}))
    assert response.status_code == 422
    assert problems(response)
    assert shown(response, "v-ALT") == text
    assert shown(response, "v-AST") == "30"
    assert not Panel.objects.exists()
    assert desk.post(address(visit, "check"), typed(cast.laboratory, visit, {"ALT": text})).json()[
        "rows"
    ]["ALT"]["level"] in ("hard", "error")


@pytest.mark.req("F-105")
@pytest.mark.parametrize(
    "name",
    ["v-ALT", "u-ALT", "n-ALT", "c-ALT", "laboratory", "collected_on", "collected_time",
     "sample_state", "dialysis", "pt_isi", "pt_mnpt", "reason", "version", "key", "m-ALT", "add"],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "a\x00b", "\ufffe\u202e", "💥" * 9, "-1", "9" * 400]
)
def test_no_field_can_break_the_form(desk, cast, visit, name, text):
    data = typed(cast.laboratory, visit, PANEL) | {name: text}
    response = desk.post(address(visit), data)
    assert response.status_code in (302, 200, 422, 409)
    if (
        name in ("v-ALT", "c-ALT", "pt_isi", "collected_on", "reason")
        and response.status_code != 302
    ):
        assert shown(response, name) == text
    assert desk.post(address(visit, "check"), data).status_code == 200


@pytest.mark.req("F-105", "F-106")
@pytest.mark.parametrize(
    "comment",
    [
        "“重复测定” 王医生 🩸",
        "=cmd|' /C calc'!A0",
        "e\u0301 und é",
        "<b onclick=x>fett</b> & \"so\" 'fort'",
    ],
)  # fmt: skip
def test_a_comment_comes_back_as_it_was_typed(desk, cast, visit, comment):
    data = typed(cast.laboratory, visit, {"ALT": "62"}) | {"c-ALT": comment}
    assert desk.post(address(visit), data).status_code == 302
    assert Result.objects.get().comment == comment
    response = desk.get(address(visit))
    assert shown(response, "c-ALT") == comment
    assert "<b onclick" not in response.content.decode()


def test_a_comment_without_a_value_is_not_dropped_in_silence(desk, cast, visit):
    data = typed(cast.laboratory, visit, {"ALT": "62"}) | {"v-AST": "", "c-AST": "lipaemic"}
    response = desk.post(address(visit), data)
    assert "A comment needs a value" in " ".join(problems(response))
    assert shown(response, "c-AST") == "lipaemic"


@pytest.mark.parametrize(
    ("name", "text"),
    [("pt_isi", "0"), ("pt_isi", "1.23456"), ("pt_isi", "11"), ("pt_isi", "<1"), ("pt_mnpt", "4"),
     ("pt_mnpt", "NaN"), ("pt_mnpt", "1e1"), ("collected_time", "25:00"), ("dialysis", "maybe"),
     ("sample_state", "fine"), ("laboratory", "0"), ("laboratory", "")],
)  # fmt: skip
def test_a_head_that_cannot_be_is_refused_at_its_field(desk, cast, visit, name, text):
    response = desk.post(address(visit), typed(cast.laboratory, visit, PANEL) | {name: text})
    assert response.status_code == 422
    assert f"#id_{name}" in response.content.decode()
    assert not Panel.objects.exists()


def test_a_laboratory_of_another_site_is_refused(desk, cast, visit):
    response = desk.post(address(visit), typed(cast.other_laboratory, visit, PANEL))
    assert "does not work for the site" in " ".join(problems(response))


def test_a_form_without_anything_is_refused_in_words(desk, visit):
    response = desk.post(address(visit), {})
    assert response.status_code == 422
    assert problems(response)
