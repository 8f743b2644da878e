"""The demo study's forms: what the wards wrote down, as plain values made from a seed.

Symptoms follow how active the hepatitis is by ALT; steroids are tapered, and raised again at a
relapse. Nothing here is drawn from real people.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from patients.models import Participant
from trial.crf.loading import Filled
from trial.protocol.casebook.forms import BY_CODE
from visits.models import Status, Visit

UNWEIGHED = 5  # of so many newest visits one
ACTIVE_ALT = Decimal(120)  # three times the usual upper limit
# Prednisolone mg a day from a week on, and azathioprine.
TAPER = ((0, 40), (1, 30), (3, 20), (6, 15), (10, 10), (20, 7.5), (36, 5))
EVENTS: tuple[tuple[str, str, str, str], ...] = (  # term, CTCAE term, grade, severity
    ("Headache", "headache", "1", "mild"),
    ("Nausea", "nausea", "1", "mild"),
    ("Insomnia on prednisolone", "insomnia", "2", "moderate"),
    ("Upper respiratory infection", "upper_respiratory", "2", "moderate"),
    ("Joint pain", "arthralgia", "1", "mild"),
    ("Weight gain", "weight_gain", "1", "mild"),
    ("Acne", "acneiform_rash", "1", "mild"),
)
HISTORY = (
    ("Hashimoto thyroiditis", "autoimmune", True),
    ("Hypertension", "cardiovascular", True),
    ("Gallstones", "liver", False),
    ("Asthma", "respiratory", True),
)


@dataclass(frozen=True)
class Ward:
    """A participant with their visits, and the ALT of each that has one. `treated_until`: the day
    of the last infusion, once it was given."""

    person: Participant
    visits: Sequence[Visit]
    alt: Mapping[str, Decimal]
    score: int
    rng: Random
    treated_until: date | None = None

    @property
    def held(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.status == Status.HELD]

    def active(self, visit: Visit) -> bool:
        return self.alt.get(visit.code, Decimal(0)) > ACTIVE_ALT

    @property
    def relapse(self) -> Visit | None:
        """The first visit at which the disease is active again."""
        quiet = False
        for visit in self.held:
            if quiet and self.active(visit):
                return visit
            quiet = quiet or (visit.code in ("W12", "W24", "W36") and not self.active(visit))
        return None


def casebook_of(ward: Ward) -> Iterator[Filled]:
    """All sheets and lines of a participant, in the order in which lines refer to one another."""
    yield _form("diagnosis", _diagnosis(ward))
    if ward.person.day0_on is None:
        return
    yield from _about_the_person(ward)
    for visit in ward.held:
        yield from _at_visit(ward, visit)
    if ward.treated_until:
        yield _form("disposition", {
            "event": "treatment_completed", "happened_on": ward.treated_until,
        })  # fmt: skip


def _form(code: str, values: Mapping[str, Any], visit: Visit | None = None) -> Filled:
    return Filled(BY_CODE[code], values, visit)


# --- the person ---------------------------------------------------------------------------------
def _diagnosis(ward: Ward) -> dict[str, Any]:
    """Answers that make the score that was written down, with IgG well above its limit."""
    on = ward.person.screened_on
    month = on.isoformat()[:7]
    score, virus = ward.score, ward.score == 3
    ana = {8: "160", 7: "80", 6: "40", 5: "40", 4: "lt40", 3: "40"}[score]
    histology = {8: "typical", 7: "compatible", 6: "compatible"}.get(score, "atypical")
    typical = histology == "typical"
    features = dict.fromkeys(("rosettes", "emperipolesis"), typical)
    negative = dict.fromkeys(("hav_igm", "hbsag", "anti_hcv", "hcv_rna", "hev_igm"), "negative")
    if virus:
        negative |= {"anti_hcv": "positive", "hcv_rna": "positive"}
    return {
        "diagnosed_on": month, "treated_before": False,
        "ana": ana, "ana_method": "iif", "ana_on": month,
        "sma": "lt40", "sma_method": "iif", "sma_on": month,
        "lkm1": "lt40", "lkm1_method": "iif", "lkm1_on": month,
        "sla_lp": "negative", "sla_lp_on": month, "ama": "negative", "ama_on": month,
        "other_antibody": "not_done", "viral_on": on, **negative, "other_virus": "not_done",
        "hepatotoxic_drugs": False, "alcohol_g": 0, "autoimmune": False,
        "hla_dr3": "not_done", "hla_dr4": "not_done",
        "histology": histology, "biopsy_on": on.isoformat(), **features,
        "interface": histology != "atypical", "lymphoplasmacytic": histology != "atypical",
        "biliary": False, "other_changes": False, "afp": True, "afp_on": on,
        "liver_imaging": "ultrasound", "liver_imaging_on": on, "lesion": "none",
        "doppler": True, "doppler_on": on, "portal_vein": "no", "hepatic_veins": "no",
        "cirrhosis": False,
    }  # fmt: skip


def _about_the_person(ward: Ward) -> Iterator[Filled]:
    person, rng = ward.person, ward.rng
    day0 = person.day0_on or person.screened_on
    if person.childbearing_potential:
        yield _form("pregnancy_test", {
            "tested_on": max(day0 - timedelta(days=3), person.screened_on), "specimen": "serum",
            "result": "negative", "beta_hcg": 1,
        })  # fmt: skip
    slow = rng.random() < 0.1
    month = person.screened_on.isoformat()[:7]
    yield _form("genotype", {
        "tpmt": "normal", "tpmt_method": "pcr", "tpmt_on": month,
        "nudt15": "intermediate" if slow else "normal", "nudt15_method": "pcr", "nudt15_on": month,
    })  # fmt: skip
    for condition, category, ongoing in rng.sample(HISTORY, rng.randint(0, 2)):
        began = str(person.screened_on.year - rng.randint(2, 15))
        ended = {} if ongoing else {"ended": str(person.screened_on.year - 1)}
        yield _form("medical_history", {
            "condition": condition, "category": category, "started": began, "ongoing": ongoing,
            "treated": ongoing, **ended,
        })  # fmt: skip
    yield from _treatment(ward, day0)
    yield _form("medication", {
        "drug": "Calcium carbonate with vitamin D3", "given_for": "prevention",
        "indication": "Bone protection on steroids", "dose": Decimal(1), "unit": "tablet",
        "frequency": "daily", "route": "oral", "started": day0.isoformat(), "ongoing": True,
    })  # fmt: skip
    yield from _events(ward, day0)
    yield from _deviations(ward)


def _treatment(ward: Ward, day0: date) -> Iterator[Filled]:
    """Prednisolone by the taper, up again at a relapse; azathioprine from week 2 on."""
    today = ward.person.site.today()
    weight = Decimal(str(weight_of(ward)))
    relapse = ward.relapse
    again = relapse.held_on + timedelta(days=3) if relapse and relapse.held_on else None
    steps = [(day0 + timedelta(weeks=week), Decimal(str(mg)), False) for week, mg in TAPER]
    if again and again < today:
        steps = [step for step in steps if step[0] < again]
        later = again + timedelta(weeks=6)
        steps += [(again, Decimal(30), True), (later, Decimal(15), False)]
    steps = [step for step in steps if step[0] < today]
    for index, (start, mg, raised) in enumerate(steps):
        end = steps[index + 1][0] if index + 1 < len(steps) else None
        yield _form("aih_therapy", {
            "drug": "prednisolone", "daily_mg": mg, "frequency": "daily", "route": "oral",
            "started": start.isoformat(), "ongoing": end is None,
            **({"stopped": end.isoformat()} if end else {}),
            "indication": "relapse" if raised else "induction" if index < 5 else "maintenance",
            "change_reason": "relapse" if raised else "first" if index == 0 else "taper",
        })  # fmt: skip
    start = day0 + timedelta(weeks=2)
    if start < today:
        yield _form("aih_therapy", {
            "drug": "azathioprine", "daily_mg": Decimal(50), "frequency": "daily", "route": "oral",
            "weight_kg": weight, "started": start.isoformat(), "ongoing": True,
            "indication": "induction", "change_reason": "first",
        })  # fmt: skip


def _events(ward: Ward, day0: date) -> Iterator[Filled]:
    """A few side effects; what happened after the last visit is not known yet."""
    held = [visit.held_on for visit in ward.held if visit.held_on]
    last = max(held, default=day0)
    for term, ctcae, grade, severity in ward.rng.sample(EVENTS, ward.rng.randint(0, 3)):
        start = day0 + timedelta(days=ward.rng.randint(2, 300))
        if start + timedelta(days=10) > last:
            continue
        yield _form("adverse_event", {
            **QUIET, "term": term, "ctcae_term": ctcae, "grade": grade, "severity": severity,
            "starts_on": start.isoformat(), "ongoing": False,
            "ends_on": (start + timedelta(days=ward.rng.randint(2, 9))).isoformat(),
            "outcome": "recovered", "cause_steroid": ward.rng.choice(["unlikely", "possible"]),
        })  # fmt: skip


# An event of which nothing came.
QUIET: Mapping[str, Any] = {
    "serious": False,
    "cause_product": "unlikely", "cause_steroid": "unlikely", "cause_azathioprine": "unlikely",
    "cause_infusion": "unlikely", "cause_biopsy": "unrelated",
    "action_product": "not_changed", "action_steroid": "not_changed",
    "action_azathioprine": "not_changed", "discontinuation": False, "treated": False,
    "after_infusion": False, "after_biopsy": False, "special_interest": False,
}  # fmt: skip


def _deviations(ward: Ward) -> Iterator[Filled]:
    for visit in ward.held:
        if visit.out_of_window and visit.held_on:
            yield _form("deviation", {
                "occurred_on": visit.held_on, "found_on": visit.held_on, "kind": "window",
                "visit_label": visit.label, "description": "Visit outside its window",
                "origin": "entered", "impact": "minor", "reported": False,
            })  # fmt: skip


# --- at a visit ---------------------------------------------------------------------------------
def _at_visit(ward: Ward, visit: Visit) -> Iterator[Filled]:
    on = visit.held_on
    if on is None:
        return
    vitals = _vital_signs(ward, visit, on)
    if visit is ward.held[-1] and visit.code != "W96" and number_of(ward.person) % UNWEIGHED == 0:
        vitals.pop("weight_kg")  # the sheet is not complete yet
    yield _form("vital_signs", vitals, visit)
    if ward.rng.random() < 0.02:
        yield Filled(BY_CODE["symptoms"], {}, visit, "Seen by a substitute who did not ask")
    else:
        yield _form("symptoms", _symptoms(ward, visit, on), visit)
    if visit.code.startswith("W"):
        yield _form("adherence", _adherence(ward, on), visit)
    if visit.code in ("SCR", "W48", "W96"):
        yield _form("biopsy", _biopsy(ward, on), visit)
    if visit.code == "W12":
        yield _form("blinding_guess", _guess(ward, on), visit)


def number_of(person: Participant) -> int:
    """Which participant of the site it is: what stands in the code before its check digit."""
    return int(person.code.rpartition("-")[2][:-1])


def weight_of(ward: Ward) -> float:
    """The participant's usual weight."""
    stable = Random(ward.person.code)  # noqa: S311 - a simulation, repeatable
    return (
        stable.randint(480, 680) / 10 if ward.person.sex == "F" else stable.randint(600, 850) / 10
    )


def _vital_signs(ward: Ward, visit: Visit, on: date) -> dict[str, Any]:
    rng = ward.rng
    height = {"height_cm": rng.randint(152, 182)} if visit.code == "SCR" else {}
    return {
        "measured_on": on, "systolic": rng.randint(104, 142), "diastolic": rng.randint(62, 88),
        "heart_rate": rng.randint(60, 88), "respiration": rng.randint(13, 18),
        "temperature": Decimal(rng.randint(362, 371)) / 10, "oxygen": rng.randint(96, 100),
        "weight_kg": Decimal(str(weight_of(ward))) + Decimal(rng.randint(-12, 18)) / 10, **height,
    }  # fmt: skip


def _symptoms(ward: Ward, visit: Visit, on: date) -> dict[str, Any]:
    form, rng, ill = BY_CODE["symptoms"], ward.rng, ward.active(visit)
    values: dict[str, Any] = {"assessed_on": on}
    for question in form.questions:
        if question.name in ("fatigue", "pruritus"):
            low = 3 if ill else 0
            values[question.name] = rng.randint(low, low + (3 if question.name == "fatigue" else 2))
        elif question.kind == "choice":
            codes = [code.code for code in question.codes]
            worse = ill and rng.random() < 0.35
            values[question.name] = (
                codes[1] if worse and question.name != "encephalopathy" else codes[0]
            )
        elif question.kind == "yes_no":
            values[question.name] = ill and rng.random() < 0.15
    if ward.person.sex == "M":
        values.pop("amenorrhoea")
    return values


def _adherence(ward: Ward, on: date) -> dict[str, Any]:
    missed = ward.rng.random() < 0.15
    back = ward.rng.randint(2, 6)
    about = {"missed_doses": back - 1, "missed_reason": "forgot"} if missed else {}
    return {
        "counted_on": on, "diary_seen": True,
        "steroid": True, "steroid_given": 90, "steroid_returned": 4 + back, "steroid_due": 86,
        "steroid_strength": Decimal(5),
        "azathioprine": True, "azathioprine_given": 90, "azathioprine_returned": 5,
        "azathioprine_due": 86, "missed": missed, **about,
    }  # fmt: skip


def _biopsy(ward: Ward, on: date) -> dict[str, Any]:
    rng = ward.rng
    taken = datetime.combine(on, time(11, rng.randint(0, 50)), tzinfo=ward.person.site.zone)
    letters = "".join(rng.choice("ACDEFGHJKLMNPQRTUVWXYZ2346789") for _ in range(6))
    return {
        "taken_at": taken.astimezone(UTC), "route": "percutaneous",
        "gauge": rng.choice([16, 17, 18]),
        "core_mm": rng.randint(16, 28), "portal_tracts": rng.randint(7, 14),
        "fragments": rng.randint(1, 3), "adequate": True, "stain_he": True, "stain_reticulin": True,
        "stain_collagen": True, "stain_pasd": True, "complications": False,
        "specimen": f"B-{letters}", "sent": True, "sent_on": on, "slides": 4,
    }  # fmt: skip


def _guess(ward: Ward, on: date) -> dict[str, Any]:
    rng = ward.rng
    mine, theirs = (rng.choice(["uc_msc", "placebo", "unknown"]) for _ in range(2))
    about: dict[str, Any] = {
        "asked_on": on,
        "participant_guess": mine,
        "investigator_guess": theirs,
    }
    for who, guess in (("participant", mine), ("investigator", theirs)):
        if guess != "unknown":
            about |= {f"{who}_certainty": str(rng.randint(1, 4)), f"{who}_reason": "effect"}
    return about
