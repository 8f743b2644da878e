"""A Chromium for the browser tests: one of this machine, else installed, else a clear failure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowserError(Exception):
    """No Chromium can be had on this machine."""


def arguments() -> list[str]:
    """Command-line flags: no traffic of the browser's own; root has no sandbox."""
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET


def find(playwright: Playwright) -> str:
    """The path of a Chromium. Raises NoBrowserError with what was tried."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise NoBrowserError(f"CHROMIUM={named} cannot be run.")
        return named
    return on_machine(playwright) or install(playwright)


def on_machine(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next(filter(None, map(shutil.which, NAMES)), None)


def install(playwright: Playwright) -> str:
    """Install by Playwright, else by apt where we are root."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways += [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
    tried = []
    for command in ways:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
        if found := on_machine(playwright):
            return found
        said = (done.stderr or done.stdout).strip().splitlines()
        tried.append(f"'{' '.join(command)}' ended {done.returncode}: {said[-1] if said else ''}")
    raise NoBrowserError(
        "The browser tests need Chromium: install it, or name it in CHROMIUM. Tried: "
        + "; ".join(tried)
    )
