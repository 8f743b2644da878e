"""Mappings as data, names of units and analytes, and dates in a stated format."""

from datetime import date

import pytest

from labs.importing import mapping as mappings
from labs.importing.dates import DateError, known_format, parse_date
from labs.importing.names import resolve_unit
from labs.importing.problems import MappingError
from trial.protocol import registry

LONG = mappings.builtin("long")


@pytest.mark.parametrize("name", mappings.builtin_names())
def test_every_mapping_that_comes_with_the_system_is_valid(name):
    table = mappings.builtin(name)
    assert table["name"] == name
    assert table["description"]
    mappings.parse(table)


def test_the_first_is_the_documented_default():
    assert mappings.builtin_names()[0] == "long"


def test_json_and_toml_say_the_same():
    toml = 'layout = "long"\n[columns]\nparticipant = "p"\ndate = "d"\nanalyte = "a"\nvalue = "v"\n'
    json = """{"layout": "long",
               "columns": {"participant": "p", "date": "d", "analyte": "a", "value": "v"}}"""
    assert mappings.parse(mappings.load(toml)) == mappings.parse(mappings.load(json))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"colums": {}}, "unknown_key"),
        ({"layout": "tall"}, "unknown_choice"),
        ({"encoding": "latin-1"}, "unknown_choice"),
        ({"unmatched": "guess"}, "unknown_choice"),
        ({"delimiter": "::"}, "delimiter"),
        ({"date_format": "MM/DD"}, "date_format"),
        ({"date_format": "%d/%m/%Y"}, "date_format"),
        ({"columns": {"participant": "p"}}, "role_missing"),
        ({"columns": {**LONG["columns"], "sex": "s"}}, "unknown_key"),
        ({"columns": {"participant": "p", "analyte": "a", "value": "v"}}, "role_missing"),
        ({"missing": "NA"}, "wrong_type"),
        ({"missing": [1]}, "wrong_type"),
        ({"visits": {"Week 12": 12}}, "wrong_type"),
        ({"analytes": {"x": 1}}, "wrong_type"),
        ({"analytes": {"x": {"code": "ALT", "factor": "2"}}}, "wrong_type"),
        ({"analytes": {"x": "ALAT"}}, "analyte_unknown"),
        ({"analytes": {"x": {"code": "ALT", "unit": "mg"}}}, "unit_unknown"),
        ({"not_done": {"haemolysed": "bad"}}, "not_done_unknown"),
        ({"layout": "wide", "columns": {"participant": "p", "date": "d"}}, "no_analytes"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_named(changes, code):
    with pytest.raises(MappingError) as error:
        mappings.parse(LONG | changes)
    assert error.value.code == code


@pytest.mark.parametrize("text", ["[1, 2]", "{broken", "x = ", "{" * 100_000, "a" * 300_000])
def test_a_text_that_is_no_mapping_is_refused(text):
    with pytest.raises(MappingError):
        mappings.load(text)


@pytest.mark.parametrize(
    ("analyte", "written", "code"),
    [
        ("BILI", "umol/L", "umol/L"),
        ("BILI", "µmol/L", "umol/L"),
        ("BILI", "μmol/l", "umol/L"),
        ("BILI", "ＵＭＯＬ/Ｌ", "umol/L"),
        ("BILI", "mg/dl", "mg/dL"),
        ("ALT", "IU/L", "U/L"),
        ("ALT", "U / L", "U/L"),
        ("PLAT", "10⁹/L", "10^9/L"),
        ("PLAT", "×10⁹/L", "10^9/L"),
        ("PLAT", "x10^9/l", "10^9/L"),
        ("PLAT", "10*9/L", "10^9/L"),
        ("PLAT", "10E9/L", "10^9/L"),
        ("PLAT", "10³/µL", "10^3/uL"),
        ("PLAT", "K/uL", "10^3/uL"),
        ("PT", "秒", "s"),
        ("PT", "sec", "s"),
        ("INR", "1", "INR"),
        ("ALT", "mg/dL", "mg/dL"),
        ("PLAT", "109/L", "109/L"),
    ],
)
@pytest.mark.req("F-100")
def test_units_as_laboratories_write_them(analyte, written, code):
    assert resolve_unit(registry.latest().analyte(analyte), written, {}) == code


def test_a_mapping_s_own_unit_alias_comes_first():
    alt = registry.latest().analyte("ALT")
    assert (
        resolve_unit(alt, "Einheiten", mappings.parse(LONG | {"units": {"Einheiten": "U/L"}}).units)
        == "U/L"
    )


@pytest.mark.parametrize(
    ("text", "stated", "day"),
    [
        ("2024-02-29", "", date(2024, 2, 29)),
        ("２０２４-０２-２９", "", date(2024, 2, 29)),
        ("01/02/2024", "DD/MM/YYYY", date(2024, 2, 1)),
        ("01/02/2024", "MM/DD/YYYY", date(2024, 1, 2)),
        ("1.2.2024", "D.M.YYYY", date(2024, 2, 1)),
        ("20240201", "YYYYMMDD", date(2024, 2, 1)),
        ("2024年2月1日", "YYYY年M月D日", date(2024, 2, 1)),
        ("1-Feb-2024", "D-MON-YYYY", date(2024, 2, 1)),
    ],
)
def test_a_date_is_read_in_the_stated_format(text, stated, day):
    assert parse_date(text, stated) == day


@pytest.mark.req("F-104")
@pytest.mark.parametrize(
    ("text", "stated", "code"),
    [
        ("01/02/2024", "", "date_ambiguous"),
        ("13/02/2024", "", "date_ambiguous"),
        ("45291", "", "date_serial"),
        ("45291", "DD/MM/YYYY", "date_serial"),
        ("01/02/24", "DD/MM/YYYY", "date_short_year"),
        ("1-Feb-24", "D-MON-YYYY", "date_short_year"),
        ("2023-02-29", "", "date_no_day"),
        ("31/13/2024", "DD/MM/YYYY", "date_no_day"),
        ("1-Foo-2024", "D-MON-YYYY", "date_no_day"),
        ("2024-02-01", "DD/MM/YYYY", "date_format_differs"),
        ("2024-2-1", "", "date_format_differs"),
        ("yesterday", "", "date_format_differs"),
        ("2024-02-01T10:00", "", "date_format_differs"),
    ],
)
def test_a_date_that_could_be_another_is_refused(text, stated, code):
    with pytest.raises(DateError) as error:
        parse_date(text, stated)
    assert error.value.code == code


@pytest.mark.parametrize(
    "text", ["YYYY", "DD/MM/YY", "DD/DD/YYYY", "YYYY-MM-DD HH", "", "%Y-%m-%d"]
)
def test_what_is_no_date_format(text):
    assert not known_format(text)
