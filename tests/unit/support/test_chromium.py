"""How the browser tests find their browser."""

from types import SimpleNamespace

import pytest

from tests import chromium


@pytest.fixture
def playwright(tmp_path):
    """Playwright whose own Chromium is not installed."""
    own = tmp_path / "own" / "chrome"
    return SimpleNamespace(chromium=SimpleNamespace(executable_path=str(own)))


@pytest.fixture
def bare_machine(monkeypatch, tmp_path):
    """A machine where no program is found and none can be installed."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        chromium.subprocess, "run",
        lambda command, **rest: SimpleNamespace(returncode=1, stdout="", stderr="no network"),
    )  # fmt: skip
    return monkeypatch


def test_named_browser_wins(monkeypatch, playwright):
    monkeypatch.setenv("CHROMIUM", "/bin/sh")
    assert chromium.find(playwright) == "/bin/sh"


def test_named_browser_that_cannot_run_is_an_error(monkeypatch, playwright):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(chromium.NoBrowserError, match="cannot be run"):
        chromium.find(playwright)


def test_browser_of_the_machine_is_used(bare_machine, playwright):
    bare_machine.setattr(
        chromium.shutil, "which", lambda name: "/usr/bin/chromium" if name == "chromium" else None
    )
    assert chromium.find(playwright) == "/usr/bin/chromium"


def test_missing_browser_is_installed(bare_machine, playwright, tmp_path):
    own = tmp_path / "own" / "chrome"

    def install(command, **rest):
        own.parent.mkdir()
        own.touch()
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    bare_machine.setattr(chromium.subprocess, "run", install)
    assert chromium.find(playwright) == str(own)


def test_no_browser_at_all_says_what_was_tried(bare_machine, playwright):
    with pytest.raises(chromium.NoBrowserError, match=r"playwright install chromium.*no network"):
        chromium.find(playwright)
