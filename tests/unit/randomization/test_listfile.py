"""A list comes back from its file as it was; what could be misread is refused (F-011, F-012)."""

import pytest

from randomization.blocks import Design, generate
from randomization.listfile import Fault, ListFileError, checksum, read, write

STRATA, ARMS = ("01/naive", "01/relapsed"), ("A", "B")
GOOD = b"stratum,number,arm\n01/naive,1,A\n01/naive,2,B\n01/relapsed,1,B\n"


def faults(data: bytes) -> list[Fault]:
    with pytest.raises(ListFileError) as found:
        read(data, arms=ARMS, strata=STRATA)
    return list(found.value.faults)


@pytest.mark.req("R-49")
def test_a_list_survives_the_way_through_its_file_in_its_own_order():
    slots = generate(Design(ARMS, (1, 1), (2, 4), STRATA, 30), bytes(32))
    back = read(write(slots), arms=ARMS, strata=STRATA)
    assert [(s.stratum, s.number, s.arm) for s in back] == [
        (s.stratum, s.number, s.arm) for s in slots
    ]
    assert [s.number for s in back if s.stratum == STRATA[0]][8:11] == [9, 10, 11]


def test_line_ends_of_other_systems_are_understood_but_change_the_checksum():
    other = GOOD.replace(b"\n", b"\r\n")
    assert read(other, arms=ARMS, strata=STRATA) == read(GOOD, arms=ARMS, strata=STRATA)
    assert checksum(other) != checksum(GOOD)


@pytest.mark.req("F-011")
@pytest.mark.req("F-012")
@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xef\xbb\xbf" + GOOD, Fault(1, "bom")),
        (GOOD.decode().encode("utf-16"), Fault(1, "bom")),
        (b"", Fault(1, "header")),
        (b"stratum,number,arm\n", Fault(0, "empty")),
        (b"number,stratum,arm\n", Fault(1, "header")),
        (b"stratum;number;arm\n", Fault(1, "header")),
        (GOOD + b"01/relapsed,2\n", Fault(5, "columns")),
        (GOOD + b"01/relapsed,2,A,\n", Fault(5, "columns")),
        (GOOD + b"\n01/relapsed,2,A\n", Fault(5, "columns")),
        (GOOD + b"01/relapsed,2,A \n", Fault(5, "blanks")),
        (GOOD + b"01/relapsed, 2,A\n", Fault(5, "blanks")),
        (GOOD + b"01/relapsed,2,a\n", Fault(5, "arm")),
        (GOOD + "01/relapsed,2,Α\n".encode(), Fault(5, "arm")),
        (GOOD + b"01/relapsed,2,\n", Fault(5, "arm")),
        (GOOD + b"01/other,1,A\n", Fault(5, "stratum", "01/other")),
        (GOOD + b"01/relapsed,02,A\n", Fault(5, "number", "02")),
        (GOOD + "01/relapsed,２,A\n".encode(), Fault(5, "number", "２")),
        (GOOD + b"01/relapsed,two,A\n", Fault(5, "number", "two")),
        (GOOD + b"01/relapsed,3,A\n", Fault(5, "order", "01/relapsed 3")),
        (GOOD + b"01/relapsed,1,A\n", Fault(5, "order", "01/relapsed 1")),
        (GOOD + b"01/naive,3,A\n", Fault(5, "order", "01/naive 3")),
        (b'stratum,number,arm\n01/naive,1,"A"\n', Fault(0, "encoding")),
        (GOOD + b"01/relapsed,2,\x00A\n", Fault(0, "encoding")),
        (GOOD + b"01/relapsed,2,\xff\n", Fault(0, "encoding")),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(data, fault):
    assert faults(data)[0] == fault


def test_a_list_sorted_by_arm_or_by_text_is_refused():
    slots = generate(Design(ARMS, (1, 1), (2, 4), STRATA[:1], 12), bytes(32))
    by_arm = write(sorted(slots, key=lambda s: s.arm))
    as_text = write(sorted(slots, key=lambda s: str(s.number)))
    assert faults(by_arm)[0].code == "order"
    assert faults(as_text)[0].code == "order"


def test_no_fault_names_an_arm():
    assert all(fault.given == "" for fault in faults(GOOD + b"01/relapsed,2,Z\n"))
