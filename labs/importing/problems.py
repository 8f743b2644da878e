"""What can be wrong with a file, as codes: labs/import_wording.py has the sentences. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["error", "warning", "conflict"]


class FileError(ValueError):
    """The whole file can't be read; `code` says why, `params` fill the sentence.

    Codes: empty, zip, excel, gzip, pdf, archive, binary, mark, nul, encoding, looks_utf8,
    line_too_long, csv, column_missing, column_twice.
    """

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}


class MappingError(FileError):
    """The mapping itself is not usable.

    Codes: not_text, not_table, unknown_key, wrong_type, unknown_choice, role_missing,
    no_analytes, analyte_unknown, unit_unknown, date_format, delimiter, not_done_unknown,
    no_such_mapping.
    """


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about one cell: where, what the file gives, what is stored already."""

    kind: Kind
    code: str
    line: int
    column: str = ""
    participant: str = ""
    analyte: str = ""
    given: str = ""
    stored: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
