"""From a file's bytes to its rows: encodings, marks, quotes, sizes, files that are no CSV."""

import pytest

from labs.importing import mapping as mappings
from labs.importing.problems import FileError
from labs.importing.reading import MAX_LINE, records, sniff

LONG = mappings.builtin("long")


def read(content, piece=7, **changes):
    mapping = mappings.parse(LONG | changes)
    pieces = (content[i : i + piece] for i in range(0, len(content), piece))
    return list(records(pieces, mapping))


def refused(content, **changes):
    with pytest.raises(FileError) as error:
        read(content, **changes)
    return error.value


def test_rows_come_with_the_line_on_which_they_begin():
    assert read(b'a,b\r\n"1\r\n2",3\r\n\r\n4,5') == [
        (1, ["a", "b"]),
        (2, ["1\r\n2", "3"]),
        (5, ["4", "5"]),
    ]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end(ending):
    assert read(b"a,b" + ending + b"1,2" + ending) == [(1, ["a", "b"]), (2, ["1", "2"])]


@pytest.mark.req("F-105")
@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "utf-8"), ("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"),
     ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)  # fmt: skip
def test_each_encoding_reads_what_was_written_in_it(encoding, written):
    assert read("项目,µmol/L\n总胆红素,😀\n".encode(written), encoding=encoding) == [
        (1, ["项目", "µmol/L"]),
        (2, ["总胆红素", "😀"]),
    ]


@pytest.mark.req("F-105")
def test_gb18030_given_as_utf8_is_refused_with_the_line():
    error = refused("a,b\n1,总胆红素\n".encode("gb18030"), encoding="utf-8")
    assert (error.code, error.params["encoding"]) == ("encoding", "utf-8")


@pytest.mark.req("F-105")
def test_utf8_given_as_gb18030_is_refused_and_never_becomes_other_characters():
    # 24 bytes of UTF-8 that are valid GB18030 as well, of other characters
    content = "a,b\n1,总胆红素总胆红素\n".encode()
    assert content.decode("gb18030") != content.decode()
    assert refused(content, encoding="gb18030").code == "looks_utf8"


def test_plain_ascii_is_fine_in_any_encoding():
    assert read(b"a\n1\n", encoding="gb18030") == [(1, ["a"]), (2, ["1"])]


def test_latin1_micro_sign_is_refused():
    assert refused("a,µmol/L\n".encode("latin-1")).code == "encoding"


def test_a_quotation_mark_that_never_closes_is_refused():
    assert refused(b'a,b\n1,"2\n3,4\n').code == "csv"


def test_text_after_a_closing_quotation_mark_is_refused():
    error = refused(b'a,b\n1,2\n1,"2"x\n')
    assert (error.code, error.params["line"]) == ("csv", "3")


def test_a_line_without_end_is_refused_before_it_fills_memory():
    error = refused(b"a,b\n" + b"1" * (MAX_LINE + 10), piece=4_096)
    assert (error.code, error.params["line"]) == ("line_too_long", "2")


@pytest.mark.req("F-105")
def test_nul_is_refused():
    assert refused(b"a,b\n1,\x002\n").code == "nul"


@pytest.mark.req("F-121")
@pytest.mark.req("F-122")
@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04....xl/workbook.xml", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "excel"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "pdf"),
        (b"BZh91AY", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"\x89PNG\r\n", "binary"),
        (b"MZ\x90\x00\x03", "binary"),
        ("a,b".encode("utf-16"), "mark"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "mark"),
        ("a,b".encode("utf-16-le"), "nul"),
    ],
)
def test_what_a_file_is_is_seen_in_its_first_bytes(head, code):
    with pytest.raises(FileError) as error:
        sniff(head, "utf-8")
    assert error.value.code == code


def test_utf16_needs_its_mark():
    sniff("a".encode("utf-16"), "utf-16")
    with pytest.raises(FileError):
        sniff("a".encode("utf-16-le"), "utf-16")


def test_a_header_that_begins_with_mz_is_text():
    sniff(b"MZ number,analyte\n", "utf-8")
