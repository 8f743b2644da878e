"""What importing a participant's samples would write, and what is to be said about it. Pure.

Nothing stored is ever changed: what is the same is skipped, what differs is a conflict for a
person to look at, a blank says nothing. Every value goes through the form's own `judge`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from labs.entry import Entry, Judged, Problem, judge
from labs.importing.facts import Given, Person, Sample, StoredResult, StoredVisit
from labs.importing.placing import UNSCHEDULED, Placed, Unplaced, place
from labs.importing.problems import Finding, Kind
from trial.protocol.ranges import RangeRow
from trial.protocol.registry import NoVersionInForce
from trial.protocol.version import ProtocolVersion

_STORED_PLACES = Decimal("1e-12")  # as many decimals as a stored canonical value has


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for the whole file. `remark` words an unusual value for the result's comment."""

    laboratory_id: int
    today: date
    protocol: Callable[[date], ProtocolVersion]
    ranges: Mapping[str, Sequence[RangeRow]]
    unmatched: Literal["unscheduled", "error"]
    remark: Callable[[Problem], str]


@dataclass(slots=True)
class PlannedPanel:
    """New results of one sample, by LBTESTCD, and where they go.

    `visit_id` None: an unscheduled visit is made. `panel_id` None: the panel is made. `holds`:
    the visit is recorded as held on `on`. `expected`, `filled`: the panel's counts afterwards.
    """

    on: date
    visit_id: int | None
    visit_code: str
    panel_id: int | None
    holds: bool
    outside_window: bool
    expected: int
    filled: int
    protocol: str
    results: dict[str, Judged]


@dataclass(slots=True)
class Plan:
    """What importing would do for one participant."""

    panels: list[PlannedPanel] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def plan(person: Person, samples: Sequence[Sample], setting: Setting) -> Plan:
    """Plan a participant's samples. Counts: new, same, conflict, error, warning (of the new)."""
    found = Plan()
    for placed in place(person, samples):
        problem = _refusal(person, placed, setting)
        if problem:
            _refuse(found, person, placed.sample, problem)
        elif isinstance(placed, Placed):
            _plan_sample(found, person, placed, setting)
    found.counts.update(finding.kind for finding in found.findings)
    return found


def _refusal(person: Person, placed: Placed | Unplaced, setting: Setting) -> str:
    """Why nothing of a sample can be used; empty if it can."""
    if not person.open:
        return "participant_left"
    if isinstance(placed, Unplaced):
        return placed.problem
    on, visit = placed.on, placed.visit
    if visit.held if visit else person.held:
        return "locked"
    if on > setting.today:
        return "date_future"
    try:
        protocol = setting.protocol(on)
    except NoVersionInForce:
        return "no_protocol"
    early = "date_before_screening" if on < person.screened_on else ""
    if visit is None:
        bound = setting.unmatched == "error" and placed.sample.visit != UNSCHEDULED
        return "no_visit" if bound else early
    if visit.panel is None and visit.status != "held":
        moves = protocol.visit(visit.code).kind == "baseline" and visit.target_on != on
        return early or ("day0_differs" if moves else "")
    return ""


def _refuse(found: Plan, person: Person, sample: Sample, code: str) -> None:
    """One error a line: every value of the sample is left out."""
    lines: dict[int, Given] = {}
    for value in sample.values.values():
        lines.setdefault(value.line, value)
    params = {"date": str(sample.on or ""), "visit": sample.visit}
    for line in sorted(lines):
        found.findings.append(
            Finding("error", code, line, "", person.code, given=params["date"], params=params)
        )


def _plan_sample(found: Plan, person: Person, placed: Placed, setting: Setting) -> None:
    on, visit = placed.on, placed.visit
    protocol = setting.protocol(on)
    panel = visit.panel if visit else None
    stored = panel.results if panel else {}
    obstacle = _obstacle(placed, setting)
    new: dict[str, Judged] = {}
    for analyte, given in placed.sample.values.items():
        judged = _judged(found, person, analyte, given, setting, protocol, on)
        if judged is None:
            continue
        if analyte in stored:
            _compare(found, person, analyte, given, judged, stored[analyte])
        elif obstacle:
            code, beside = obstacle
            _say(found, "conflict", code, person, analyte, given, beside)
        else:
            new[analyte] = judged
    if new:
        _add(found, person, placed, protocol, new)


def _obstacle(placed: Placed, setting: Setting) -> tuple[str, str] | None:
    """Why new values can't join what is stored for the visit: (code, what is stored)."""
    visit = placed.visit
    if visit is None:
        return None
    if visit.panel is None:
        return ("visit_missed", "missed") if visit.status == "missed" else None
    if visit.panel.collected_on != placed.on:
        return "other_date", visit.panel.collected_on.isoformat()
    if visit.panel.laboratory_id != setting.laboratory_id:
        return "other_laboratory", visit.panel.laboratory
    return None


def _judged(
    found: Plan,
    person: Person,
    analyte: str,
    given: Given,
    setting: Setting,
    protocol: ProtocolVersion,
    on: date,
) -> Judged | None:
    """The accepted entry; an unusual one is kept unconfirmed, with the limit as its comment."""
    if given.disputed:
        _say(found, "error", "given_twice", person, analyte, given)
        return None
    try:
        definition = protocol.analyte(analyte)
    except KeyError:
        _say(found, "error", "analyte_not_in_protocol", person, analyte, given)
        return None
    rows = setting.ranges.get(analyte, ())
    age = on.year - person.birth_year

    def judged(entry: Entry) -> Judged | Problem:
        return judge(definition, entry, rows, sex=person.sex, age=age, on=on)

    verdict = judged(given.entry)
    if not isinstance(verdict, Problem):
        return verdict
    remark = " ".join(filter(None, [given.entry.comment, setting.remark(verdict)]))
    asked = replace(given.entry, confirmed=True, comment=remark)
    accepted = judged(asked) if verdict.code == "unconfirmed" else verdict
    params = _params(verdict)
    if isinstance(accepted, Problem):
        _say(found, "error", verdict.code, person, analyte, given, params=params)
        return None
    _say(found, "warning", _code(verdict), person, analyte, given, params=params)
    return replace(accepted, entry=replace(asked, confirmed=False))


def _code(problem: Problem) -> str:
    return problem.verdict.code if problem.verdict else problem.code


def _params(problem: Problem) -> dict[str, Any]:
    """A verdict's numbers and suggestions, as JSON keeps them."""
    if problem.verdict is None:
        return dict(problem.fault.params) if problem.fault else {}
    suggestions = [
        [each.value_text, each.unit, each.chosen_text, each.chosen_unit]
        for each in problem.verdict.did_you_mean
    ]
    return {**problem.verdict.params, "did_you_mean": suggestions}


def _compare(
    found: Plan, person: Person, analyte: str, given: Given, judged: Judged, stored: StoredResult
) -> None:
    if _meaning(judged) == (stored.not_done, stored.comparator, _rounded(stored.canonical)):
        _forget_warning(found, analyte, given)
        found.counts["same"] += 1
        return
    _forget_warning(found, analyte, given)
    emptied = not stored.text and not stored.not_done
    code = "stored_emptied" if emptied else "differs"
    _say(found, "conflict", code, person, analyte, given, stored.shown)


def _forget_warning(found: Plan, analyte: str, given: Given) -> None:
    """A value that is not written needs no warning."""
    last = found.findings[-1] if found.findings else None
    if last and (last.kind, last.line, last.analyte) == ("warning", given.line, analyte):
        found.findings.pop()


def _meaning(judged: Judged) -> tuple[str, str, Decimal | None]:
    return judged.entry.not_done, judged.comparator, _rounded(judged.canonical)


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_STORED_PLACES)


def _say(
    found: Plan,
    kind: Kind,
    code: str,
    person: Person,
    analyte: str,
    given: Given,
    stored: str = "",
    params: Mapping[str, object] | None = None,
) -> None:
    entry = given.entry
    shown = f"{entry.text} {entry.unit}".strip() or entry.not_done
    found.findings.append(
        Finding(
            kind, code, given.line, given.column, person.code, analyte, shown, stored, params or {}
        )
    )


def _add(
    found: Plan, person: Person, placed: Placed, protocol: ProtocolVersion, new: dict[str, Judged]
) -> None:
    visit, on = placed.visit, placed.on
    panel = visit.panel if visit else None
    code = visit.code if visit else UNSCHEDULED
    asked = {analyte.code for analyte in protocol.panel(code)}
    stored = panel.results if panel else {}
    answered = {name for name, row in stored.items() if row.text or row.not_done} | set(new)
    holds = visit is not None and panel is None and visit.status == "planned"
    outside = holds and visit is not None and not _inside_window(visit, on)
    found.panels.append(
        PlannedPanel(
            on=on,
            visit_id=visit.id if visit else None,
            visit_code=code,
            panel_id=panel.id if panel else None,
            holds=holds,
            outside_window=outside,
            expected=len(asked),
            filled=len(answered & asked),
            protocol=protocol.number,
            results=new,
        )
    )
    found.counts["new"] += len(new)
    found.counts["panels_changed" if panel else "panels_new"] += 1
    if visit is None:
        found.counts["visits_new"] += 1
    if visit and outside:
        window = {"visit": code, "opens": str(visit.opens_on), "closes": str(visit.closes_on)}
        line = min(value.line for value in placed.sample.values.values())
        found.findings.append(
            Finding(
                "warning", "outside_window", line, "", person.code, given=str(on), params=window
            )
        )


def _inside_window(visit: StoredVisit, on: date) -> bool:
    return (visit.opens_on or on) <= on <= (visit.closes_on or on)
