"""`make blinding-report`: what the proof of blinding compared, for somebody who was not there.

Loaded by `-p tests.blinding.report`. Collects what the tests in this folder tell with each result
and writes build/blinding/: report.html to read and to print, report.json to compare.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.validation import STYLE, e, facts_of

Told = dict[str, Any]
LIMITS = (
    (
        "The worlds are finite: seven sealed lists, ten participants. What differs only for other "
        "lists, or after many more participants, is not seen."
    ),
    (
        "Response times are not compared; the number and the texts of database statements are, in "
        "their place. Nothing is said of a reader who measures the machine itself."
    ),
    (
        "Text that an unblinded person types where a blinded one may read it is not checked: "
        "that is a matter of training, and the pages of the unblinded stand apart."
    ),
    (
        "What a drug does to laboratory values arrives as entered data. That is no leak of the "
        "system, and no system can hide it. In all worlds the same values are entered."
    ),
    (
        "A superuser of the database, and somebody with the application's password who calls "
        "`sealed.allocate` and rolls back, are outside this proof (docs/adr/0014)."
    ),
    (
        "Parameters are asked by the roles in turn, each by one that has the right; every address "
        "itself by every role."
    ),
)


class Report:
    """Collects, and writes when the run ends."""

    def __init__(self, root: Path, *, worker: bool) -> None:
        self.root, self.worker = root, worker
        self.folder = root / "build" / "blinding"
        self.worlds: dict[str, Told] = {}
        self.leaks: dict[str, Told] = {}
        self.tests: dict[str, str] = {}
        self.began = datetime.now(UTC)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.worker or (report.when != "call" and report.passed):
            return
        self.tests[report.nodeid] = report.outcome
        for name, value in report.user_properties:
            if name == "blinding":
                self._keep(dict(value), report.outcome)  # type: ignore[call-overload]

    def _keep(self, told: Told, outcome: str) -> None:
        told["result"] = outcome
        if "leak" in told:
            self.leaks[str(told["leak"])] = told
        else:
            told.pop("sealed", None)  # what the unblinded saw is in no report
            self.worlds[str(told["world"])] = told

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.worker:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = facts_of(self.root, self.began)
        (self.folder / "report.json").write_text(self.as_json(facts), encoding="utf-8")
        (self.folder / "report.html").write_text(self.as_html(facts), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        caught = sum(leak["result"] == "passed" for leak in self.leaks.values())
        terminalreporter.write_line(
            f"blinding: {len(self.worlds)} worlds, {caught} of {len(self.leaks)} leaks caught; "
            f"report: {self.folder.relative_to(self.root)}/report.html"
        )

    # --- what is written --------------------------------------------------------------------------
    def as_json(self, facts: Mapping[str, str]) -> str:
        from tests.blinding.normalise import REPLACEMENTS  # noqa: PLC0415 - after Django's set-up

        body = {
            "facts": facts,
            "verdict": self.verdict,
            "worlds": self.worlds,
            "leaks": self.leaks,
            "replacements": [
                {"name": one.name, "what": one.what, "why": one.why} for one in REPLACEMENTS
            ],
            "limits": LIMITS,
            "tests": self.tests,
        }
        return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def verdict(self) -> str:
        """passed, or what stands against it."""
        failed = [name for name, outcome in self.tests.items() if outcome == "failed"]
        if failed:
            return f"failed: {len(failed)} tests"
        return "passed" if self.worlds and self.leaks else "incomplete: not every test was run"

    def as_html(self, facts: Mapping[str, str]) -> str:
        from tests.blinding.normalise import REPLACEMENTS  # noqa: PLC0415 - after Django's set-up

        first = next(iter(sorted(self.worlds.items(), key=lambda one: one[0] != "random-1")), None)
        grid = first[1].get("grid", {}) if first else {}
        replaced: Counter[str] = Counter()
        for world in self.worlds.values():
            replaced.update(world.get("replaced", {}))
        look = "passed" if self.verdict == "passed" else "failed"
        parts = [
            ('<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>Proof of blinding</title><style>{STYLE}</style></head><body>"
            "<h1>Proof of blinding</h1>"
            "<p>The same scripted trial was run in several worlds that differ in the sealed list "
            "of randomisation and, with it, in the contents of the bags, and in nothing else. "
            "Everything that a blinded user could fetch or receive was then compared, byte for "
            "byte, with the first world. How this works is described in docs/blinding.md.</p>"
            f'<p>Verdict: <strong class="{look}">{e(self.verdict)}</strong></p>'),
            table(("Fact", ""), facts.items(), "facts"),
            "<h2>Worlds</h2><p>How many got which arm is known to the harness alone.</p>",
            table(
                ("Sealed list", "Arms given", "Requests", "Things compared", "Characters",
                 "Statements (different)", "Differences", "Result"),
                (self._world(name) for name in sorted(self.worlds)),
            ),
            ("<h2>What was asked</h2><p>Each address of the site as every blinded role and signed "
            "out; how often, and with how many variations of its parameters.</p>"),
            grid_table(grid),
            ("<h2>What was compared besides the answers</h2><p>Status, headers, body (files "
            "unpacked), the statements sent to the database, log lines, mails, messages to "
            "workers, keys in Valkey and in the cache of each request; afterwards every row of "
            "these tables and views as the application's login reads them, PostgreSQL's counts of "
            "rows written, its sequences, and the words with which it refuses the sealed "
            f"schema.</p><p>{e(', '.join(first[1].get('tables', []) if first else []))}</p>"),
            "<h2>What was replaced before comparing</h2>",
            table(
                ("Name", "What", "Why this hides no leak", "Times"),
                ((one.name, one.what, one.why, replaced[one.name]) for one in REPLACEMENTS),
            ),
            "<h2>Leaks planted to try the harness</h2>",
            table(
                ("Leak", "What it does", "Modes", "Caught by", "First difference", "Result"),
                (
                    (leak["leak"], leak["what"], ", ".join(leak["modes"]),
                     ", ".join(leak["caught by"]), leak["first"][:300],
                     "caught" if leak["result"] == "passed" else "missed")
                    for _name, leak in sorted(self.leaks.items())
                ),
            ),
            "<h2>Limits</h2><ul>" + "".join(f"<li>{e(one)}</li>" for one in LIMITS) + "</ul>",
            "<h2>Tests of this run</h2>",
            table(("Test", "Result"), sorted(self.tests.items())),
            "</body></html>\n",
        ]  # fmt: skip
        return "".join(parts)

    def _world(self, name: str) -> tuple[object, ...]:
        told = self.worlds[name]
        arms = ", ".join(f"{arm}: {count}" for arm, count in told.get("arms", {}).items())
        return (
            name + (" (the first)" if name == "random-1" else ""), arms, told.get("requests", ""),
            told.get("facets", ""), told.get("characters", ""), told.get("statements", ""),
            told.get("differences", ""), told["result"],
        )  # fmt: skip


def grid_table(grid: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """Endpoints by roles: addresses, and variations after a plus."""
    roles = sorted({role for row in grid.values() for role in row})

    def cell(asked: Mapping[str, int]) -> str:
        more = sum(count for what, count in asked.items() if what != "address")
        return f"{asked.get('address', 0)} + {more}" if more else str(asked.get("address", ""))

    return table(
        ("Address", *roles),
        (
            (name, *(cell(row.get(role, {})) for role in roles))
            for name, row in sorted(grid.items())
        ),
    )


def table(head: Iterable[str], rows: Iterable[Iterable[object]], look: str = "") -> str:
    """A table of texts."""
    top = "".join(f"<th>{e(one)}</th>" for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{e(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<table class="{look}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("blinding-report"):
        report = Report(config.rootpath, worker=hasattr(config, "workerinput"))
        config.pluginmanager.register(report, "blinding-report")
