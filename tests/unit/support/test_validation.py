"""The validation report: what it runs, what it writes, when it fails."""

import csv
import json
from pathlib import Path

import pytest

from tests import validation

pytest_plugins = ["pytester"]
HEAD = "| id | clause | what it asks | where it is met | state |\n| --- | --- | --- | --- | --- |\n"
TABLE = HEAD + (
    "| R-01 | P11 | every <change> | triggers | tested |\n"
    "| R-02 | E6 | who | context | tested in part: roles |\n"
    "| F-001 | – | a race | – | not yet: randomisation |\n"
)
TESTS = """
    import pytest

    @pytest.mark.req("R-01")
    def test_one(): pass

    @pytest.mark.req("R-01", "R-02")
    @pytest.mark.parametrize("n", [1, 2])
    def test_both(n): pass

    def test_unmarked(): raise AssertionError("is not run")
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A small project with a table; `run(tests)` makes its report, without any other plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "docs").mkdir()
    (pytester.path / "docs" / "requirements.md").write_text(TABLE, encoding="utf-8")
    pytester.makepyprojecttoml(
        '[project]\nname = "small"\nversion = "9.9"\n'
        "[tool.pytest.ini_options]\nmarkers = ['req(id): shows it']\n"
    )
    pytester.makeconftest(Path(validation.__file__).read_text(encoding="utf-8"))

    def run(tests: str, *options: str):
        pytester.makepyfile(tests)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def results(pytester):
    return json.loads((pytester.path / "build" / "validation" / "results.json").read_text())


@pytest.mark.req("R-43")
@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "parallel"])
def test_marked_tests_are_run_and_joined_with_the_table(project, pytester, options):
    done = project(TESTS, *options)
    assert done.ret == 0, done.stdout.str()
    found = {row["id"]: row for row in results(pytester)["requirements"]}
    assert (found["R-01"]["verdict"], len(found["R-01"]["tests"])) == ("passed", 3)
    assert (found["R-02"]["verdict"], len(found["R-02"]["tests"])) == ("passed", 2)
    assert (found["F-001"]["verdict"], found["F-001"]["remark"]) == ("not yet", "randomisation")
    assert results(pytester)["facts"]["Version"] == "9.9"
    assert results(pytester)["totals"] == {"not yet": 1, "passed": 2}


@pytest.mark.req("R-43")
@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "parallel"])
def test_a_failing_test_and_an_unknown_id_each_fail_the_run(project, pytester, options):
    failing = TESTS.replace("def test_one(): pass", "def test_one(): assert 0")
    assert project(failing, *options).ret == 1
    [first] = [row for row in results(pytester)["requirements"] if row["id"] == "R-01"]
    assert first["verdict"] == "failed"

    done = project(TESTS.replace('req("R-01")', 'req("R-77")'), *options)
    assert done.ret == 1
    assert list(results(pytester)["unknown"]) == ["R-77"]
    assert "unknown requirement R-77" in done.stdout.str()


def test_what_is_tested_and_was_not_run_does_not_look_tested(project, pytester):
    assert project(TESTS, "-k", "test_one").ret == 0
    assert results(pytester)["totals"] == {"not run": 1, "not yet": 1, "passed": 1}


def test_a_test_that_fails_before_it_begins_is_not_passed(project, pytester):
    broken = """
        import pytest

        @pytest.fixture
        def thing(): raise RuntimeError

        @pytest.mark.req("R-01")
        def test_one(thing): pass
    """
    assert project(broken).ret == 1
    [first] = [row for row in results(pytester)["requirements"] if row["id"] == "R-01"]
    assert first["verdict"] == "failed"


def test_the_page_stands_alone_and_its_texts_are_texts(project, pytester):
    project(TESTS)
    page = (pytester.path / "build" / "validation" / "matrix.html").read_text()
    assert "every &lt;change&gt;" in page
    assert "test_both[2]" in page
    assert "randomisation" in page
    assert not {"<script", "<link", "src=", "@import"} & set(page.split())
    with (pytester.path / "build" / "validation" / "matrix.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["result"] for row in rows if row["id"] == "R-02"] == ["passed", "passed"]
    assert [row["test"] for row in rows if row["id"] == "F-001"] == [""]


@pytest.mark.parametrize(
    "row",
    [
        "| R-01 | P11 | a | b | done |",
        "| R-01 | P11 | a | tested |",
        "| R-1x | P11 | a | b | tested |",
    ],
)
def test_a_row_that_is_none_is_not_read_over(row):
    with pytest.raises(ValueError, match=r"R-(01|1x)"):
        validation.read_table(HEAD + row)
