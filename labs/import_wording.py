"""Sentences for what is wrong with a file or one of its cells, in the reader's language."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from labs.entry import Problem
from labs.importing.problems import FileError
from labs.models import NotDone
from labs.wording import problem_text, verdict_text
from trial.protocol.checks import Suggestion, Verdict

_FILE: Mapping[str, str | Promise] = {
    "empty": gettext_lazy("The file is empty."),
    "too_big": gettext_lazy("The file is too big: at most %(max)s MB."),
    "zip": gettext_lazy("This is an Excel workbook or ZIP archive. Save the table as CSV first."),
    "excel": gettext_lazy("This is an old Excel workbook. Save the table as CSV first."),
    "gzip": gettext_lazy("This is a compressed file. Unpack it first."),
    "archive": gettext_lazy("This is a compressed file. Unpack it first."),
    "pdf": gettext_lazy("This is a PDF document. Ask the laboratory for a CSV file."),
    "binary": gettext_lazy("This is no text file."),
    "mark": gettext_lazy("The file is %(found)s, but the mapping says %(encoding)s."),
    "nul": gettext_lazy("Line %(line)s has a NUL character. Is the file UTF-16?"),
    "encoding": gettext_lazy(
        "The file is not %(encoding)s: line %(line)s or one soon after can't be read. "
        "Choose the encoding the laboratory uses."
    ),
    "looks_utf8": gettext_lazy("The file is UTF-8, but the mapping says GB18030."),
    "line_too_long": gettext_lazy(
        "Line %(line)s is longer than %(max)s characters. Is a quotation mark missing?"
    ),
    "csv": gettext_lazy("Quotation marks don't match in the record of line %(line)s (%(detail)s)."),
    "column_missing": gettext_lazy(
        "There is no column “%(column)s”. The columns are: %(header)s. "
        "Is the delimiter of the mapping right?"
    ),
    "column_twice": gettext_lazy("The column “%(column)s” is there twice."),
    "not_text": gettext_lazy("The mapping is neither JSON nor TOML: %(detail)s"),
    "not_table": gettext_lazy("The mapping is no table of settings."),
    "unknown_key": gettext_lazy("The mapping has an unknown setting “%(key)s”. Known: %(known)s."),
    "wrong_type": gettext_lazy("The mapping's setting “%(key)s” has the wrong form."),
    "unknown_choice": gettext_lazy("“%(given)s” is no %(key)s. Known: %(known)s."),
    "delimiter": gettext_lazy("The delimiter must be a comma, semicolon, tab or bar."),
    "date_format": gettext_lazy(
        "“%(given)s” is no date format. Examples: YYYY-MM-DD, DD/MM/YYYY, D-MON-YYYY."
    ),
    "role_missing": gettext_lazy("The mapping does not name the column for “%(role)s”."),
    "no_analytes": gettext_lazy("The mapping names no analyte columns."),
    "analyte_unknown": gettext_lazy(
        "The mapping translates “%(name)s” to “%(code)s”, which the protocol does not know."
    ),
    "unit_unknown": gettext_lazy("The mapping gives “%(name)s” the unknown unit “%(unit)s”."),
    "not_done_unknown": gettext_lazy("“%(given)s” is no reason. Known: %(known)s."),
    "no_such_mapping": gettext_lazy("There is no mapping “%(name)s”. Known: %(known)s."),
    "gone": gettext_lazy("The file's content is no longer there."),
    "internal": gettext_lazy("The import stopped by an error in the program. It has been logged."),
    "attempts": gettext_lazy("The import was started several times and never came to its end."),
}

_CELL: Mapping[str, str | Promise] = {
    "columns_differ": gettext_lazy(
        "The row has %(found)s cells, the header %(expected)s. Is a quotation mark missing?"
    ),
    "cell_too_long": gettext_lazy("This is too long: at most %(max)s characters."),
    "participant_missing": gettext_lazy("There is no participant code."),
    "participant_unreadable": gettext_lazy(
        "This is no participant code; its check digit may show a typing error."
    ),
    "participant_unknown": gettext_lazy("The site has no participant with this code."),
    "participant_left": gettext_lazy("The participant has left the study: no new values."),
    "locked": gettext_lazy("The visit is frozen or locked: no new values."),
    "visit_unknown": gettext_lazy("The protocol does not know this visit."),
    "visit_not_planned": gettext_lazy("This visit is not planned for the participant."),
    "visit_twice": gettext_lazy("The file has two samples for one visit."),
    "visit_missed": gettext_lazy("The visit is recorded as missed."),
    "no_visit": gettext_lazy("No planned visit has its window around this day."),
    "no_protocol": gettext_lazy("No protocol version held at the site on this day."),
    "day0_differs": gettext_lazy(
        "Day 0 is planned for another day. Record that visit first: all windows move with it."
    ),
    "date_missing": gettext_lazy("There is no date of the sample."),
    "date_future": gettext_lazy("The date lies in the future."),
    "date_before_screening": gettext_lazy("The date lies before screening."),
    "date_ambiguous": gettext_lazy(
        "Day or month first? State the date format in the mapping, e.g. DD/MM/YYYY."
    ),
    "date_short_year": gettext_lazy("Write the year with four digits."),
    "date_serial": gettext_lazy("This is a serial number of a spreadsheet, not a date."),
    "date_no_day": gettext_lazy("There is no such day."),
    "date_format_differs": gettext_lazy("This is no date of the form %(format)s."),
    "analyte_missing": gettext_lazy("There is no analyte."),
    "analyte_unknown": gettext_lazy(
        "This analyte is not known. Translate it in the mapping, or list it there as ignored."
    ),
    "analyte_not_in_protocol": gettext_lazy("The protocol does not know this analyte."),
    "unit_missing": gettext_lazy("There is no unit."),
    "given_twice": gettext_lazy("The file gives this value twice, and differently."),
    "differs": gettext_lazy("Another value is stored. It stays as it is."),
    "stored_emptied": gettext_lazy("A stored value was removed by a correction. It stays removed."),
    "other_date": gettext_lazy("The visit has a sample of another day. Nothing is added to it."),
    "other_laboratory": gettext_lazy(
        "The visit's sample is of another laboratory. Nothing is added to it."
    ),
    "outside_window": gettext_lazy(
        "Outside the window of %(visit)s (%(opens)s – %(closes)s); recorded so."
    ),
}


def file_error_text(error: FileError) -> str:
    """Why a file or mapping can't be used."""
    return failure_text({"code": error.code, "params": error.params})


def failure_text(failure: Mapping[str, Any]) -> str:
    """The sentence for a batch's stored failure; empty for none."""
    if not failure:
        return ""
    sentence = str(_FILE[failure["code"]])
    params: dict[str, str] = failure.get("params", {})
    return sentence % params


def finding_text(code: str, params: Mapping[str, Any]) -> str:
    """What is wrong or unusual at a cell, and what would help."""
    if code in _CELL:
        sentence = str(_CELL[code])
        return sentence % params
    numbers = {name: str(value) for name, value in params.items() if name != "did_you_mean"}
    meant = tuple(
        Suggestion(typed, unit, chosen, chosen_unit, Decimal(0))
        for typed, unit, chosen, chosen_unit in params.get("did_you_mean", ())
    )
    return verdict_text(Verdict(None, None, "error", code, numbers, meant))


def remark(problem: Problem) -> str:
    """The comment that an unusual imported value is stored with; in English, as data are."""
    with override("en"):
        text = verdict_text(problem.verdict) if problem.verdict else problem_text(problem)
    return f"imported, unusual: {text}"


def stored_text(stored: str) -> str:
    """What is stored, where that is a word of the system and not a value."""
    words = {"missed": _("missed"), "": ""}
    return words.get(stored) or str(dict(NotDone.choices).get(stored, stored))
