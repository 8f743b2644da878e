"""A list comes back from its file as it was; what could be misread is refused (F-011, F-012)."""

import pytest

from randomization.blocks import Design, generate
from randomization.listfile import Fault, ListFileError, checksum, form_of, read, read_any, write

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
        (GOOD + b"01/relapsed,2,A\r\n", Fault(0, "line_ends")),
        (GOOD.replace(b"\n", b"\r"), Fault(1, "header")),
        (
            GOOD + b"01/relapsed,9999999999999999999999,A\n",
            Fault(5, "number", "9999999999999999999999"),
        ),
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


@pytest.mark.req("R-49")
@pytest.mark.parametrize("data", [GOOD, GOOD[:-1], GOOD.replace(b"\n", b"\r\n")])
def test_a_file_comes_out_byte_for_byte(data):
    assert write(read(data, arms=ARMS, strata=STRATA), form_of(data)) == data


def test_a_list_that_follows_has_to_count_on():
    data = b"stratum,number,arm\n01/naive,7,A\n01/naive,8,B\n"
    slots = read(data, arms=ARMS, strata=STRATA, first={"01/naive": 7})
    assert [slot.number for slot in slots] == [7, 8]
    with pytest.raises(ListFileError) as refused:
        read(data, arms=ARMS, strata=STRATA, first={"01/naive": 9})
    assert refused.value.faults[0] == Fault(2, "order", "01/naive 7")
    assert read_any(data) == slots


def test_at_most_a_hundred_faults_are_told():
    lines = b"".join(b"01/naive,%d,Z\n" % n for n in range(1, 300))
    assert len(faults(b"stratum,number,arm\n" + lines)) == 100
