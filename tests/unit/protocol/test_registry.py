"""Versions are found by their files, and each site has the one in force on a date."""

import importlib
import sys
from datetime import date

import pytest

from trial.protocol import registry
from trial.protocol.registry import NoVersionInForce, UnknownVersion, effective, load

AMENDMENT = """
from datetime import date

from trial.protocol.versions.v1_0 import VERSION as V1_0

VERSION = V1_0.amended(
    number={number!r},
    issued_on=date(2026, 3, 1),
    visits=V1_0.amended_visits({{"W12": {{"window_before": 3, "window_after": 3}}}}),
)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make an importable package of version files from {module name: source}."""

    def make(**sources):
        folder = tmp_path / "amended_versions"
        folder.mkdir()
        for name, source in {"__init__": "", **sources}.items():
            (folder / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        return importlib.import_module("amended_versions")

    yield make
    for name in [name for name in sys.modules if name.startswith("amended_versions")]:
        del sys.modules[name]


def test_version_1_0_is_found():
    assert "1.0" in registry.numbers()
    assert registry.get("1.0").number == "1.0"


def test_a_version_is_built_once():
    assert registry.get("1.0") is registry.get("1.0")


def test_the_latest_version_is_the_last_number():
    assert registry.latest().number == registry.numbers()[-1]


def test_an_unknown_version_is_an_error():
    with pytest.raises(UnknownVersion):
        registry.get("9.9")


def test_an_amendment_is_one_new_file(package):
    found = load(
        package(
            v1_0="from trial.protocol.versions.v1_0 import VERSION",
            v1_1=AMENDMENT.format(number="1.1"),
        )
    )
    assert list(found) == ["1.0", "1.1"]
    assert found["1.1"].visit("W12").window_after == 3
    assert found["1.0"] is registry.get("1.0")
    assert found["1.0"].visit("W12").window_after == 7


def test_versions_issued_on_one_day_are_ordered_by_number(package):
    found = load(package(a=AMENDMENT.format(number="1.10"), b=AMENDMENT.format(number="1.9")))
    assert list(found) == ["1.9", "1.10"]


def test_two_files_with_one_number_are_an_error(package):
    with pytest.raises(ValueError, match="share a number"):
        load(package(a=AMENDMENT.format(number="1.1"), b=AMENDMENT.format(number="1.1")))


#   2026-01-01 ----- 1.0 -----|2026-05-01 ---- 1.1 ---->
@pytest.mark.parametrize(
    ("on", "number"),
    [
        (date(2026, 1, 1), "1.0"),
        (date(2026, 4, 30), "1.0"),
        (date(2026, 5, 1), "1.1"),
        (date(2030, 1, 1), "1.1"),
    ],
)
def test_a_version_holds_at_a_site_from_its_date_until_the_next(on, number):
    assignments = [("1.1", date(2026, 5, 1)), ("1.0", date(2026, 1, 1))]
    assert effective(assignments, on) == number


def test_of_two_versions_from_one_date_the_higher_number_holds():
    start = date(2026, 1, 1)
    assert effective([("1.10", start), ("1.9", start)], start) == "1.10"


def test_a_site_may_go_back_to_an_earlier_version():
    assignments = [("1.1", date(2026, 1, 1)), ("1.0", date(2026, 5, 1))]
    assert effective(assignments, date(2026, 6, 1)) == "1.0"


def test_before_the_first_version_none_holds():
    with pytest.raises(NoVersionInForce):
        effective([("1.0", date(2026, 1, 1))], date(2025, 12, 31))
    with pytest.raises(NoVersionInForce):
        effective([], date(2026, 1, 1))
