import pytest
from django.contrib.staticfiles import finders

from trial.web import finders as ours
from trial.web.finders import NpmFinder
from trial.web.npm import NODE_MODULES, NPM_FILES


@pytest.mark.parametrize("path", NPM_FILES)
def test_every_listed_file_is_found_where_npm_put_it(path):
    assert finders.find(f"npm/{path}") == str(NODE_MODULES / path)


@pytest.mark.parametrize(
    "path",
    [
        "npm/echarts/package.json",
        "npm/../package.json",
        "npm/@tabler/core/dist/css/../css/tabler.min.css",
        "echarts/dist/echarts.min.js",
        "npm/",
    ],
)
def test_nothing_else_of_node_modules_is_served(path):
    assert NpmFinder().find(path) == []


def test_collectstatic_gets_exactly_the_listed_files():
    listed = list(NpmFinder().list(None))
    assert [path for path, _storage in listed] == list(NPM_FILES)
    path, storage = listed[0]
    assert getattr(storage, "prefix", "") == "npm"  # collectstatic puts it before the path
    with storage.open(path) as file:
        assert file.read(1)


def test_find_all_gives_a_list():
    assert NpmFinder().find(f"npm/{NPM_FILES[0]}", find_all=True) == [
        str(NODE_MODULES / NPM_FILES[0])
    ]


def test_missing_assets_are_a_startup_error_that_says_what_to_run(monkeypatch):
    assert NpmFinder().check() == []
    monkeypatch.setattr(ours, "NPM_FILES", ("nowhere/gone.js",))
    [error] = NpmFinder().check()
    assert "nowhere/gone.js" in error.msg
    assert "npm ci" in str(error.hint)


def test_a_listed_file_that_is_not_installed_is_not_found(monkeypatch):
    monkeypatch.setattr(ours, "NPM_FILES", ("nowhere/gone.js",))
    assert NpmFinder().find("npm/nowhere/gone.js") == []
