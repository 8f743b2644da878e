"""A simulated study, as plain values: who, when, and what the laboratory reported.

Deterministic from a seed and a date. Nothing here is drawn from real people. Courses follow what
is known of autoimmune hepatitis under treatment (clinical rules §1.1): most respond, some only
partly, and some relapse.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Kind = Literal["responder", "late", "partial", "non_responder", "relapse"]
KINDS: tuple[tuple[Kind, int], ...] = (
    ("responder", 48),
    ("late", 12),
    ("partial", 14),
    ("non_responder", 6),
    ("relapse", 20),
)
WEEKS: Mapping[str, int] = {
    "D0": 0, "W4": 4, "W8": 8, "W12": 12, "W24": 24, "W36": 36, "W48": 48, "W72": 72, "W96": 96,
}  # fmt: skip
MISSED_BECAUSE = ("Travelling", "Admitted elsewhere", "Could not be reached", "Declined this visit")
LATE_BECAUSE = ("Holiday closure", "Participant was ill", "Transport")

# Analyte: (value while the disease is active, healthy value, decimals), in the canonical unit.
LEVELS: Mapping[str, tuple[float, float, int]] = {
    "ALT": (310, 26, 0), "AST": (260, 25, 0), "ALP": (140, 80, 0), "GGT": (120, 30, 0),
    "BILI": (48, 12, 1), "PROT": (84, 74, 0), "ALB": (33, 43, 1), "PREALB": (150, 260, 0),
    "GLOBG": (26, 12, 1), "IGG": (24, 12.5, 1), "PT": (15.5, 12.4, 1), "INR": (1.35, 1.05, 2),
    "CREAT": (66, 64, 0), "SODIUM": (138, 140, 0), "WBC": (5.6, 6.0, 1), "NEUT": (3.3, 3.6, 1),
    "LYM": (1.6, 1.8, 1), "HGB": (122, 132, 0), "PLAT": (165, 205, 0), "GLUC": (5.1, 5.0, 1),
    "AFP": (6, 4, 1),
}  # fmt: skip
FOLLOW_UP = tuple(LEVELS)[:14]
INFUSION = (*FOLLOW_UP, "WBC", "NEUT", "LYM", "HGB", "PLAT")
SCREENING = (*FOLLOW_UP, "GLUC", "AFP", "WBC", "NEUT", "LYM", "HGB", "PLAT")


@dataclass(frozen=True, slots=True)
class SimulatedVisit:
    """One visit: held on `on` with `values` (canonical unit), or missed, or not entered yet."""

    code: str
    on: date
    values: Mapping[str, Decimal] = field(default_factory=dict)
    not_done: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    missed: bool = False
    misread: str = ""  # an analyte first typed wrongly and then corrected


@dataclass(frozen=True, slots=True)
class SimulatedParticipant:
    """One participant of site `site` (0-based), with every visit up to the day of simulation."""

    site: int
    sex: Literal["M", "F"]
    birth_year: int
    screened_on: date
    day0_on: date | None
    kind: Kind
    score: int
    visits: tuple[SimulatedVisit, ...]
    leaves_on: date | None = None


def simulate(
    *, seed: int, today: date, participants: int, sites: int
) -> list[SimulatedParticipant]:
    """`participants` enrolled over the last 26 months, and one screening failure for every ten."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, repeatable on purpose
    people = [_participant(rng, i, today, participants, sites) for i in range(participants)]
    failures = [_failure(rng, i, today, sites) for i in range(participants // 10)]
    return sorted(people + failures, key=lambda person: person.screened_on)


def _participant(
    rng: random.Random, index: int, today: date, count: int, sites: int
) -> SimulatedParticipant:
    # Recruitment slows down towards the present; the last ones have just begun.
    days_ago = int(790 * (1 - index / count) ** 0.9) + rng.randint(0, 9)
    day0 = today - timedelta(days=days_ago)
    kind = rng.choices([k for k, _ in KINDS], [weight for _, weight in KINDS])[0]
    person = _Person(rng, kind)
    screened = day0 - timedelta(days=rng.randint(8, 24))
    leaves = day0 + timedelta(days=rng.randint(120, 500)) if rng.random() < 0.06 else None
    leaves = None if leaves and leaves >= today else leaves
    visits = [SimulatedVisit("SCR", screened, person.panel(SCREENING, -2))]
    for code in WEEKS:
        visit = _visit(rng, person, code, day0, today)
        if visit and not (leaves and visit.on > leaves):
            visits.append(visit)
    return SimulatedParticipant(
        site=rng.choices(range(sites), [40, 28, 20, 12][:sites])[0],
        sex="F" if rng.random() < 0.78 else "M",
        birth_year=day0.year - rng.randint(20, 63),
        screened_on=screened, day0_on=day0, kind=kind, score=rng.choice([6, 7, 7, 8]),
        visits=tuple(visits), leaves_on=leaves,
    )  # fmt: skip


def _failure(rng: random.Random, index: int, today: date, sites: int) -> SimulatedParticipant:
    screened = today - timedelta(days=30 + 70 * index + rng.randint(0, 20))
    person = _Person(rng, "responder")
    return SimulatedParticipant(
        site=rng.randrange(sites), sex=rng.choice(["M", "F"]), birth_year=screened.year - 45,
        screened_on=screened, day0_on=None, kind="responder", score=rng.choice([3, 4, 5]),
        visits=(SimulatedVisit("SCR", screened, person.panel(SCREENING, -2)),),
        leaves_on=screened + timedelta(days=6),
    )  # fmt: skip


def _visit(
    rng: random.Random, person: "_Person", code: str, day0: date, today: date
) -> SimulatedVisit | None:
    """The visit of one week, or None if it lies ahead or was not entered yet."""
    week = WEEKS[code]
    target = day0 + timedelta(weeks=week)
    slack = 0 if week == 0 else 2 if week < 12 else 6
    on = target + timedelta(days=rng.randint(-slack, slack))
    reason = ""
    if week > 8 and rng.random() < 0.05:
        on, reason = target + timedelta(days=rng.randint(23, 30)), rng.choice(LATE_BECAUSE)
    if on >= today or (week > 0 and rng.random() < 0.02):
        return None
    if week > 0 and rng.random() < 0.035:
        return SimulatedVisit(code, on, missed=True, reason=rng.choice(MISSED_BECAUSE))
    wanted = INFUSION if week <= 8 else FOLLOW_UP
    values = person.panel(wanted, week)
    not_done = {}
    for analyte in list(values):
        if rng.random() < (0.06 if analyte == "CREAT" else 0.012):
            not_done[analyte] = rng.choice(["not_ordered", "unsuitable", "not_reported"])
            del values[analyte]
    if rng.random() < 0.04:  # the report's second page is still to come
        for analyte in list(values)[-rng.randint(1, 4) :]:
            del values[analyte]
    misread = rng.choice(FOLLOW_UP) if rng.random() < 0.03 else ""
    return SimulatedVisit(
        code, on, values, not_done, reason, misread=misread if misread in values else ""
    )


class _Person:
    """One participant's own levels and how active the disease is at each week."""

    def __init__(self, rng: random.Random, kind: Kind) -> None:
        self.rng = rng
        self.kind = kind
        self.severity = math.exp(rng.gauss(0, 0.35))
        self.half_life = rng.uniform(1.2, 2.6) * (3.2 if kind == "late" else 1)
        self.relapse_week = rng.choice([36, 48, 72])

    def activity(self, week: int) -> float:
        """1 at baseline; 0 when the disease is quiet."""
        if week <= 0:
            return 1.0
        if self.kind == "non_responder":
            return self.rng.uniform(0.55, 0.95)
        quiet = math.pow(0.5, week / self.half_life)
        if self.kind == "partial":
            return max(quiet, self.rng.uniform(0.12, 0.3))
        if self.kind == "relapse" and week >= self.relapse_week:
            since = week - self.relapse_week
            return self.rng.uniform(0.55, 1.1) if since == 0 else max(0.1, math.pow(0.5, since / 4))
        return quiet

    def panel(self, analytes: tuple[str, ...], week: int) -> dict[str, Decimal]:
        """The values of a panel in canonical units, rounded as a laboratory reports them."""
        activity = self.activity(week)
        return {code: self._value(code, activity) for code in analytes}

    def _value(self, code: str, activity: float) -> Decimal:
        active, healthy, decimals = LEVELS[code]
        share = min(activity * self.severity, 2.2)
        noise = math.exp(self.rng.gauss(0, 0.12 if code in ("ALT", "AST", "GGT") else 0.035))
        if code == "SODIUM":
            noise = math.exp(self.rng.gauss(0, 0.012))
        level = healthy + (active - healthy) * share
        floor = healthy * 0.45
        step = Decimal(1).scaleb(-decimals)
        return Decimal(str(max(level, floor) * noise)).quantize(step, ROUND_HALF_UP)
