"""`make validation-report`: which test shows which requirement, and with what result (R-43).

Loaded by `-p tests.validation`. Runs the tests that carry a `req` mark, joins them with
docs/requirements.md and writes build/validation/: matrix.html to read, matrix.csv to filter,
results.json to compare. The run fails if a marked test fails or carries an unknown id.
"""

import csv
import html
import json
import os
import platform
import re
import subprocess
import tomllib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

ID = re.compile(r"[RF]-\d{2,3}[a-z]?")
STATES = ("tested", "tested in part", "procedure", "not yet")
COLUMNS = ("id", "clause", "asked", "met", "state", "remark")


@dataclass
class Requirement:
    """A row of docs/requirements.md."""

    id: str
    clause: str
    asked: str
    met: str
    state: str
    remark: str


@dataclass
class Shown:
    """A requirement with the tests that show it and how each ended in this build."""

    requirement: Requirement
    results: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """passed, failed, skipped, not run, or the state of a requirement without a test."""
        ended = set(self.results.values())
        if not ended:
            state = self.requirement.state
            return "not run" if state.startswith("tested") else state
        return next((one for one in ("failed", "passed") if one in ended), "skipped")


def read_table(text: str) -> list[Requirement]:
    """The rows of docs/requirements.md. ValueError for a row that is not one."""
    found = []
    for line in text.splitlines():
        if not re.match(r"\| (?:[RF])-", line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != len(COLUMNS) - 1 or not ID.fullmatch(cells[0]):
            raise ValueError(f"not a row of the table: {line}")
        state, _, remark = cells[4].partition(":")
        if state not in STATES:
            raise ValueError(f"{cells[0]}: unknown state {state!r}")
        one, clause, asked, met = cells[:4]
        found.append(Requirement(one, clause, asked, met, state, remark.strip()))
    return found


def marks_of(item: pytest.Item) -> Iterator[str]:
    """The ids that a test carries."""
    for mark in item.iter_markers("req"):
        yield from (str(one) for one in mark.args)


class Report:
    """Collects what the marked tests show, and writes it when the run ends."""

    def __init__(self, root: Path, *, worker: bool) -> None:
        self.worker = worker
        self.folder = root / "build" / "validation"
        self.root = root
        table = root / "docs" / "requirements.md"
        self.rows = {row.id: Shown(row) for row in read_table(table.read_text(encoding="utf-8"))}
        self.unknown: dict[str, list[str]] = {}
        self.began = datetime.now(UTC)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Only what carries a mark is run."""
        marked = [item for item in items if any(marks_of(item))]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(marked)])
        items[:] = marked

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Workers of pytest-xdist send the ids home with each report."""
        report = yield
        report.user_properties.append(("req", sorted(set(marks_of(item)))))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not self.worker:  # a worker's reports come home to the one that leads
            self._keep(report)

    def _keep(self, report: pytest.TestReport) -> None:
        ids: Any = next((v for name, v in reversed(report.user_properties) if name == "req"), [])
        if report.when != "call" and report.passed:
            return
        for one in ids:
            if one not in self.rows:
                self.unknown.setdefault(one, []).append(report.nodeid)
            else:
                before = self.rows[one].results.get(report.nodeid, "passed")
                ended = report.outcome if before != "failed" else before
                self.rows[one].results[report.nodeid] = ended

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.worker:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = facts_of(self.root, self.began)
        rows = list(self.rows.values())
        (self.folder / "results.json").write_text(as_json(rows, facts, self.unknown))
        (self.folder / "matrix.html").write_text(as_html(rows, facts, self.unknown))
        with (self.folder / "matrix.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(as_table(rows))
        if self.unknown and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for one, tests in sorted(self.unknown.items()):
            terminalreporter.write_line(f"unknown requirement {one}: {tests[0]}", red=True)
        words = ", ".join(f"{n} {what}" for what, n in totals(self.rows.values()).items())
        terminalreporter.write_line(f"{len(self.rows)} requirements: {words}")
        terminalreporter.write_line(f"report: {self.folder.relative_to(self.root)}/matrix.html")


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("validation-report"):
        # Not by the environment: a run within a worker of another run leads itself.
        report = Report(config.rootpath, worker=hasattr(config, "workerinput"))
        config.pluginmanager.register(report, "validation-report")


# --- what is written ------------------------------------------------------------------------------
def facts_of(root: Path, began: datetime) -> dict[str, str]:
    """What was tested, where and when."""
    project = tomllib.loads((root / "pyproject.toml").read_text()).get("project", {})
    return {
        "System": str(project.get("name", "")),
        "Version": str(project.get("version", "")),
        "Commit": git(root, "rev-parse", "HEAD") or "not known",
        "Working copy": "changed" if git(root, "status", "--porcelain") else "as committed",
        "Began (UTC)": began.isoformat(timespec="seconds"),
        "Ended (UTC)": datetime.now(UTC).isoformat(timespec="seconds"),
        "Python": platform.python_version(),
        "PostgreSQL": postgresql(),
        "Operating system": platform.platform(),
    }


def git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def postgresql() -> str:
    """The version that the tests' server says it has."""
    import psycopg2  # noqa: PLC0415 - the report is also made without a database

    address = os.environ.get("ADMIN_DATABASE_URL", "")
    try:
        with psycopg2.connect(re.sub(r"/[^/]*$", "/postgres", address)) as connection:
            version = connection.server_version
    except psycopg2.Error:
        return "not known"
    return f"{version // 10_000}.{version % 10_000}"


def totals(rows: Iterable[Shown]) -> dict[str, int]:
    """How many requirements there are of each verdict."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.verdict] = counts.get(row.verdict, 0) + 1
    return dict(sorted(counts.items()))


def as_table(rows: list[Shown]) -> list[list[str]]:
    """One line for each requirement and test."""
    found = [["id", "clause", "requirement", "met by", "state", "remark", "test", "result"]]
    for row in rows:
        r = row.requirement
        head = [r.id, r.clause, r.asked, r.met, r.state, r.remark]
        found += [[*head, test, ended] for test, ended in sorted(row.results.items())] or [
            [*head, "", ""]
        ]
    return found


def as_json(rows: list[Shown], facts: dict[str, str], unknown: dict[str, list[str]]) -> str:
    body = {
        "facts": facts,
        "totals": totals(rows),
        "unknown": unknown,
        "requirements": [
            {**vars(row.requirement), "verdict": row.verdict, "tests": row.results} for row in rows
        ],
    }
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans",sans-serif;margin:2rem auto;max-width:76rem;padding:0
1rem;color:#1a2433;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #c6cedb;padding:.35rem .5rem;
text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eef2f7}thead{display:table-header-group}
tr{break-inside:avoid}.facts td:first-child{width:12rem;font-weight:600}
.passed{color:#0b6b2c}.failed{color:#a80d1d;font-weight:700}.none{color:#6b4e00}
code{font-size:12px;overflow-wrap:anywhere}summary{cursor:pointer}ul{margin:.2rem 0;
padding-left:1.1rem}
@media print{body{margin:0;max-width:none;font-size:10px}details>*{display:block}a{color:inherit}}
"""


def as_html(rows: list[Shown], facts: dict[str, str], unknown: dict[str, list[str]]) -> str:
    """A page that needs nothing else, to read and to print."""
    known = "".join(f"<tr><td>{e(k)}</td><td>{e(v)}</td></tr>" for k, v in facts.items())
    counted = "".join(f"<tr><td>{e(k)}</td><td>{n}</td></tr>" for k, n in totals(rows).items())
    without = "".join(
        f"<tr><td>{e(r.requirement.id)}</td><td>{e(r.requirement.asked)}</td>"
        f"<td>{e(r.requirement.state)}</td><td>{e(r.requirement.remark or '–')}</td></tr>"
        for r in rows
        if not r.results
    )
    odd = "".join(
        f"<li>{e(one)}: <code>{e(t)}</code></li>" for one, ts in unknown.items() for t in ts
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Validation report</title><style>{STYLE}</style></head><body>"
        "<h1>Validation report: requirements and their tests</h1>"
        "<p>Each requirement of docs/requirements.md with the automated tests that show it and "
        "how they ended in this build.</p>"
        f'<table class="facts"><tbody>{known}</tbody></table>'
        f'<h2>Totals</h2><table class="facts"><tbody>{counted}</tbody></table>'
        + (f'<h2 class="failed">Tests with unknown ids</h2><ul>{odd}</ul>' if odd else "")
        + "<h2>Requirements and results</h2>"
        "<table><thead><tr><th>Id</th><th>Clause</th><th>Requirement</th><th>How it is met</th>"
        "<th>State</th><th>Result</th><th>Tests</th></tr></thead><tbody>"
        + "".join(line(row) for row in rows)
        + "</tbody></table><h2>Without a test in this build</h2>"
        "<table><thead><tr><th>Id</th><th>Requirement</th><th>State</th><th>Reason</th></tr></thead>"
        f"<tbody>{without}</tbody></table></body></html>\n"
    )


def line(row: Shown) -> str:
    r = row.requirement
    tests = "".join(
        f'<li class="{ended}"><code>{e(test)}</code> {ended}</li>'
        for test, ended in sorted(row.results.items())
    )
    listed = (
        f"<details><summary>{len(row.results)}</summary><ul>{tests}</ul></details>"
        if tests
        else "–"
    )
    look = row.verdict if row.verdict in ("passed", "failed") else "none"
    state = e(r.state) + (f": {e(r.remark)}" if r.remark else "")
    return (
        f'<tr><td id="{e(r.id)}">{e(r.id)}</td><td>{e(r.clause)}</td><td>{e(r.asked)}</td>'
        f'<td>{e(r.met)}</td><td>{state}</td><td class="{look}">{e(row.verdict)}</td>'
        f"<td>{listed}</td></tr>"
    )


def e(text: str) -> str:
    """As text of the page; what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))
