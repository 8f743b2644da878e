"""Rows to values, with the place of everything that can't be used."""

from datetime import date

import pytest

from labs.entry import Entry
from labs.importing import mapping as mappings
from labs.importing.problems import FileError
from labs.importing.rows import RowReader
from patients.codes import make_code

CODE = make_code("01", 1)
HEADER = ["participant", "visit", "collected_on", "analyte", "value", "unit", "comment"]
WIDE = {
    "layout": "wide",
    "columns": {"participant": "id", "date": "day"},
    "analytes": {
        "bili": {"code": "BILI", "unit": "mg/dL"},
        "alt": {"code": "ALT", "unit_column": "u"},
    },
}


def reader(header=HEADER, **changes):
    return RowReader(mappings.parse(mappings.builtin("long") | changes), header)


def long(*cells, **changes):
    """The row of a participant at W12 whose last cells are given."""
    full = [CODE, "W12", "2025-03-31", *cells]
    return reader(**changes).read(2, [*full, *[""] * (len(HEADER) - len(full))])


def errors(row):
    return [(found.column, found.code) for found in row.findings]


def test_a_row_of_the_documented_format():
    row = long("ALT", "35", "U/L", "repeated")
    assert (row.head.participant, row.head.visit, row.head.on) == (CODE, "W12", date(2025, 3, 31))
    (value,) = row.values
    assert (value.line, value.column, value.analyte) == (2, "value", "ALT")
    assert value.entry == Entry(text="35", unit="U/L", comment="repeated")


@pytest.mark.req("F-103")
@pytest.mark.parametrize("mark", ["", " ", "NA", "na", "N/A", "-", "."])
def test_a_missing_marker_says_nothing(mark):
    row = long("ALT", mark, "U/L")
    assert (row.values, row.findings, row.blanks) == ([], [], 1)


@pytest.mark.req("F-103")
@pytest.mark.parametrize(
    "text", ["0", "NaN", "None", "null", "1e309", "<0.3", "1,5", "－５", "1_000"]
)
def test_every_other_text_goes_to_the_judge_as_it_is(text):
    assert long("ALT", text, "U/L").values[0].entry.text == text


def test_a_reason_for_no_value_is_translated():
    row = long("ALT", "Haemolysed", "", not_done={"haemolysed": "unsuitable"})
    assert row.values[0].entry == Entry(not_done="unsuitable")


def test_the_laboratory_s_names_are_translated_whatever_their_form():
    row = long("ＡＬＡＴ  (SGPT)", "35", "U/L", analytes={"alat (sgpt)": "ALT"})
    assert row.values[0].analyte == "ALT"


def test_an_unknown_analyte_is_an_error_unless_ignored():
    assert errors(long("Lipase", "3", "U/L")) == [("analyte", "analyte_unknown")]
    assert errors(long("", "3", "U/L")) == [("analyte", "analyte_missing")]
    ignored = long("Lipase", "3", "U/L", ignored=["LIPASE"])
    assert (ignored.values, ignored.findings) == ([], [])


def test_a_value_without_a_unit_is_an_error_save_where_there_is_only_one():
    assert errors(long("ALT", "35")) == [("value", "unit_missing")]
    assert long("INR", "1.1").values[0].entry.unit == "INR"


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["", "W12", "2025-03-31"], ("participant", "participant_missing")),
        (["01-0016", "W12", "2025-03-31"], ("participant", "participant_unreadable")),
        ([CODE, "W13", "2025-03-31"], ("visit", "visit_unknown")),
        ([CODE, "W12", "31/03/2025"], ("collected_on", "date_ambiguous")),
        ([CODE, "", ""], ("collected_on", "date_missing")),
    ],
)
def test_a_row_that_names_nobody_no_visit_or_no_day_is_not_used(cells, found):
    row = reader().read(2, [*cells, "ALT", "35", "U/L", ""])
    assert (errors(row), row.head) == ([found], None)


def test_a_visit_without_a_day_and_a_day_without_a_visit_are_enough():
    assert reader().read(2, [CODE, "w12", "", "ALT", "35", "U/L", ""]).head.visit == "W12"
    assert reader().read(2, [CODE, "", "2025-03-31", "ALT", "35", "U/L", ""]).head.visit == ""


def test_a_participant_code_survives_how_it_is_written():
    plain = CODE.replace("-", "")
    assert reader().read(2, [plain, "W12", "", "ALT", "35", "U/L", ""]).head.participant == CODE


@pytest.mark.req("F-105")
@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x07", "\ufffd", "\ufeff"])
def test_a_character_nobody_sees_is_an_error_at_its_cell(hidden):
    assert errors(long("ALT", f"3{hidden}5", "U/L")) == [("value", "control_character")]


@pytest.mark.req("F-105")
def test_a_cell_of_a_megabyte_is_an_error_and_is_not_repeated_whole():
    (found,) = long("ALT", "3" * 1_000_000, "U/L").findings
    assert (found.code, len(found.given)) == ("cell_too_long", 40)


@pytest.mark.req("F-124")
@pytest.mark.req("F-106")
@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "<b>35</b>"])
def test_formulas_and_markup_are_just_text(text):
    row = long("ALT", "35", "U/L", text)
    assert row.values[0].entry.comment == text


@pytest.mark.parametrize("cells", [[CODE, "W12"], [CODE] * 9])
def test_a_row_with_too_few_or_too_many_cells_is_not_guessed_at(cells):
    assert errors(reader().read(2, cells)) == [("", "columns_differ")]


@pytest.mark.parametrize(
    ("header", "code"),
    [(HEADER[:4], "column_missing"), ([*HEADER, "VALUE"], "column_twice"),
     (["x"], "column_missing"), (["participant", "analyte", "value"], "column_missing")],
)  # fmt: skip
def test_a_header_that_lacks_a_column_or_has_one_twice_is_refused(header, code):
    with pytest.raises(FileError) as error:
        reader(header)
    assert error.value.code == code


def test_other_columns_are_left_alone_in_any_order():
    header = ["extra", "unit", "value", "analyte", "collected_on", "participant", "extra"]
    row = reader(header).read(2, ["x", "U/L", "35", "ALT", "2025-03-31", CODE, "y"])
    assert row.values[0].entry == Entry(text="35", unit="U/L")


def test_a_wide_row_has_a_value_per_column_with_its_unit():
    row = reader(["id", "day", "bili", "alt", "u"], **WIDE).read(
        2, [CODE, "2025-03-31", "1.2", "35", "IU/L"]
    )
    assert [(v.column, v.analyte, v.entry.text, v.entry.unit) for v in row.values] == [
        ("bili", "BILI", "1.2", "mg/dL"),
        ("alt", "ALT", "35", "U/L"),
    ]


def test_a_blank_cell_of_a_wide_row_is_a_missing_value():
    row = reader(["id", "day", "bili", "alt", "u"], **WIDE).read(
        2, [CODE, "2025-03-31", "NA", "35", "U/L"]
    )
    assert (len(row.values), row.blanks) == (1, 1)


def test_participants_of_the_laboratory_s_own_numbering_are_translated():
    row = reader(participants={"0042": CODE}).read(2, ["0042", "W12", "", "ALT", "35", "U/L", ""])
    assert row.head.participant == CODE
