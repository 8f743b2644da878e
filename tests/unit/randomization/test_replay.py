"""What a stranger can check after the trial, with files alone."""

import json
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from randomization import blocks, drawfile, listfile, minimisation
from randomization.blocks import Design, generate
from randomization.commitment import commit
from randomization.drawfile import Draw
from randomization.minimisation import Counts, Scheme, decide, drawn
from randomization.replay import Disclosed, ReplayError, check

SEED, SALT = bytes(range(32)), bytes(range(32, 64))
DESIGN = Design(("A", "B"), (1, 1), (4, 6), ("01-naive", "01-treated"), 20, (1, 11))
STORED = {
    "algorithm": blocks.ALGORITHM, "arms": ["A", "B"], "ratio": [1, 1], "sizes": [4, 6],
    "strata": ["01-naive", "01-treated"], "per_stratum": 20, "first": [1, 11],
}  # fmt: skip
SCHEME = Scheme(("A", "B"), {"site": 1, "group": 2}, Fraction(4, 5))
SCHEME_STORED = {
    "algorithm": minimisation.ALGORITHM, "arms": ["A", "B"], "weights": {"site": 1, "group": 2},
    "preferred": 8000, "slots": 30, "first": 4,
}  # fmt: skip


def blocks_file():
    slots = generate(DESIGN, SEED)
    return listfile.write(slots), commit(slots, SALT)


def minimised_file(used=12):
    """Thirty draws, of which the first `used` have decided."""
    slots = drawn(SEED, 30, first=4)
    counts, draws = Counts(), []
    for place, slot in enumerate(slots):
        draw = Draw(slot.number, int(slot.arm))
        if place < used:
            levels = {"site": "12"[place % 2], "group": "nt"[place % 3 == 0]}
            arm = decide(SCHEME, counts.totals, levels, draw.draw)
            counts.add(levels, arm)
            draw = Draw(draw.number, draw.draw, arm, levels)
        draws.append(draw)
    return drawfile.write(draws, ["group", "site"]), commit(slots, SALT)


def outcomes(data, given):
    return [finding.ok for finding in check(data, given)]


@pytest.mark.req("R-49")
def test_hash_and_seed_of_a_list_of_blocks_are_confirmed():
    data, commitment = blocks_file()
    assert outcomes(data, Disclosed(SALT, commitment)) == [True]
    assert outcomes(data, Disclosed(SALT, commitment, SEED, STORED)) == [True, True]


@pytest.mark.req("R-49")
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"salt": bytes(32)}, [False, True]),
        ({"commitment": "0" * 64}, [False, True]),
        ({"seed": bytes(32)}, [True, False]),
        ({"design": STORED | {"sizes": [2, 4]}}, [True, False]),
        ({"design": STORED | {"first": [1, 1]}}, [True, False]),
    ],
)
def test_anything_else_is_not(changes, found):
    data, commitment = blocks_file()
    right = {"salt": SALT, "commitment": commitment, "seed": SEED, "design": STORED}
    assert outcomes(data, Disclosed(**(right | changes))) == found


def test_two_arms_exchanged_are_found():
    data, commitment = blocks_file()
    lines = data.splitlines(keepends=True)
    place = next(n for n in range(1, 20) if lines[n][-2] != lines[n + 1][-2])
    lines[place], lines[place + 1] = (
        lines[place][:-2] + lines[place + 1][-2:], lines[place + 1][:-2] + lines[place][-2:],
    )  # fmt: skip
    changed = b"".join(lines)
    assert outcomes(changed, Disclosed(SALT, commitment, SEED, STORED)) == [False, False]


@pytest.mark.req("F-020")
def test_every_decision_of_a_minimisation_is_made_again():
    data, commitment = minimised_file()
    given = Disclosed(SALT, commitment, SEED, SCHEME_STORED)
    assert outcomes(data, given) == [True, True, True]
    assert outcomes(data, Disclosed(SALT, commitment, None, SCHEME_STORED)) == [True, True]


@pytest.mark.req("F-020")
def test_a_decision_that_does_not_follow_from_its_draw_is_found():
    data, commitment = minimised_file()
    lines = data.decode().splitlines()
    cells = lines[6].split(",")
    cells[2] = {"A": "B", "B": "A"}[cells[2]]
    changed = "\n".join([*lines[:6], ",".join(cells), *lines[7:]]).encode() + b"\n"
    findings = check(changed, Disclosed(SALT, commitment, SEED, SCHEME_STORED))
    assert [finding.ok for finding in findings] == [True, True, False]
    assert "number 9 " in findings[-1].text


@pytest.mark.parametrize(
    ("data", "given", "why"),
    [
        (b"", Disclosed(SALT, "0" * 64), "header"),
        (b"stratum,number,arm\nx,1\n", Disclosed(SALT, "0" * 64), "columns"),
        (b"number,draw,arm,site\n1,x,,\n", Disclosed(SALT, "0" * 64), "line 2"),
        (b"number,draw,arm,\xff\n", Disclosed(SALT, "0" * 64), "ASCII"),
        (b"stratum,number,arm\nx,1,A\n", Disclosed(b"short", "0" * 64), "salt"),
        (b"stratum,number,arm\nx,1,A\n", Disclosed(SALT, "0" * 64, SEED), "design"),
        (b"stratum,number,arm\nx,1,A\n", Disclosed(SALT, "0" * 64, SEED, {}), "not known"),
        (b"stratum,number,arm\nx,1,A\n",
         Disclosed(SALT, "0" * 64, SEED, {"algorithm": blocks.ALGORITHM}), "can't be used"),
    ],
)  # fmt: skip
def test_what_can_not_be_checked_says_so(data, given, why):
    with pytest.raises(ReplayError, match=why):
        check(data, given)


def test_a_minimised_list_with_a_column_too_few_says_so():
    data, commitment = minimised_file()
    fewer = b"".join(line.rpartition(b",")[0] + b"\n" for line in data.splitlines())
    with pytest.raises(ReplayError, match="don't fit together"):
        check(fewer, Disclosed(SALT, commitment, None, SCHEME_STORED))


def command(tmp_path, data, commitment, **changes):
    """The command, on files; the tests of this module have no database."""
    (tmp_path / "list.csv").write_bytes(data)
    (tmp_path / "design.json").write_text(json.dumps(STORED))
    given = {
        "--file": tmp_path / "list.csv", "--salt": SALT.hex(), "--commitment": commitment,
        "--seed": SEED.hex(), "--design": tmp_path / "design.json",
    } | changes  # fmt: skip
    call_command("replay_list", *(str(one) for pair in given.items() for one in pair))


@pytest.mark.req("R-49")
def test_the_command_needs_files_alone(tmp_path, capsys):
    command(tmp_path, *blocks_file())
    assert capsys.readouterr().out.count("ok: ") == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"--commitment": "0" * 64}, "not the one"),
        ({"--salt": "zz"}, "hexadecimal"),
        ({"--file": "/nowhere.csv"}, "No such file"),
        ({"--design": "/nowhere.json"}, "No such file"),
    ],
)
def test_the_command_fails_where_something_differs(tmp_path, changes, why):
    with pytest.raises(CommandError, match=why):
        command(tmp_path, *blocks_file(), **changes)
