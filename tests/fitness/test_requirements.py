"""docs/requirements.md says of every requirement whether tests show it, and the tests agree."""

import ast
from pathlib import Path

import pytest

from tests.validation import read_table

ROOT = Path(__file__).resolve().parents[2]
ROWS = {
    row.id: row
    for row in read_table((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
}
# Numbers that the list of failure modes leaves free between its groups.
UNUSED = {28, 29, 79, *range(98, 100), *range(108, 110), *range(133, 140)}


def marked() -> dict[str, set[str]]:
    """By id: the files whose tests carry it."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.req":
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        found.setdefault(str(argument.value), set()).add(file.name)
    return found


MARKED = marked()


@pytest.mark.req("R-43")
def test_every_requirement_and_failure_mode_has_a_row():
    wanted = {f"R-{n:02}" for n in range(1, 61)}
    wanted |= {f"F-{n:03}" for n in range(1, 148) if n not in UNUSED} | {"F-055b"}
    assert set(ROWS) == wanted


@pytest.mark.req("R-43")
def test_what_is_called_tested_has_a_test():
    tested = {one for one, row in ROWS.items() if row.state.startswith("tested")}
    assert tested - set(MARKED) == set()


@pytest.mark.req("R-43")
def test_what_has_a_test_is_called_tested():
    others = {one for one, row in ROWS.items() if not row.state.startswith("tested")}
    assert {one: MARKED[one] for one in others & set(MARKED)} == {}


@pytest.mark.req("R-43")
def test_no_test_carries_an_id_that_is_not_in_the_table():
    assert {one: files for one, files in MARKED.items() if one not in ROWS} == {}


def test_what_is_not_wholly_tested_says_why():
    silent = [r.id for r in ROWS.values() if r.state != "tested" and not r.remark]
    assert silent == []


def test_no_row_stands_twice():
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert len(read_table(text)) == len(ROWS)
