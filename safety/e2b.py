"""A serious adverse event as the data elements of ICH E2B(R3); clinical rules §10.2, standards §6.

Answers go in as the forms hold them, elements come out with their ICH numbers; what a valid report
needs and nobody has answered is named. An XML file is made from that elsewhere. The arm is known
to nothing here: the product is "UC-MSC or placebo" and blinded, and neither dose nor lot of a bag
is among the elements. No name and no initials are held, D.1 is masked.
"""

from collections.abc import Iterator, Sequence

from safety.e2b_drugs import drugs_of
from safety.e2b_elements import NEEDED
from safety.e2b_report import (
    Answers,
    Element,
    Missing,
    Report,
    Result,
    flag,
    number_text,
    views,
    written,
)
from trial.protocol.partial import parse
from trial.protocol.safety import Cause

_OUTCOMES = {"recovered": "1", "recovering": "2", "not_recovered": "3", "with_sequelae": "4",
             "fatal": "5", "unknown": "0"}  # fmt: skip
_CRITERIA = {"a": "death", "b": "life_threatening", "c": "hospitalisation", "d": "disability",
             "e": "congenital_anomaly", "f": "medically_important"}  # fmt: skip
_QUALIFICATIONS = {"physician": "1", "pharmacist": "2", "health_professional": "3",
                   "consumer": "5"}  # fmt: skip
_SEXES = {"M": "1", "F": "2"}
_AUTOPSY = {"yes": "true", "no": "false"}
_ADULT, _ELDERLY = "5", "6"
_PROCEDURES = {Cause.INFUSION: "Infusion procedure", Cause.BIOPSY: "Liver biopsy"}


def elements_of(report: Report) -> Result:
    """A report as its elements.

    Raises ValueError for one without an event, and for a moment without its offset.
    """
    if not report.events:
        raise ValueError("A report is about an event.")
    parts = (_case, _source, _study, _patient, _reactions, _tests, drugs_of, _narrative)
    found = tuple(one for part in parts for one in part(report) if one.value or one.null)
    return Result(found, tuple(_missing(report, found)))


def _missing(report: Report, found: Sequence[Element]) -> Iterator[Missing]:
    held = {(one.id, one.at) for one in found}
    yield from (one for one in _wanted(report) if (one.id, one.at) not in held)


def _wanted(report: Report) -> Iterator[Missing]:
    """What a valid report of these events and drugs has."""
    events, drugs = len(report.events), 1 + len(report.drugs)
    repeats = {"E.i": range(1, events + 1), "G.k": range(1, drugs + 1), "C.2": range(1, 2)}
    for element in NEEDED:
        if element[:3] in repeats:
            yield from (Missing(element, (place,)) for place in repeats[element[:3]])
        else:
            yield Missing(element)
    if report.language != "eng":
        yield from (Missing("E.i.1.2", (place,)) for place in repeats["E.i"])
    if _fatal(report):
        yield from (Missing("D.9.1"), Missing("D.9.2.r.2", (1,)), Missing("D.9.3"))


def _fatal(report: Report) -> bool:
    died = any(event.get("outcome") == "fatal" for event in report.events.values())
    return died or report.death is not None


# --- C: the case, its source, the study ---------------------------------------------------------


def _case(report: Report) -> Iterator[Element]:
    received = sorted(report.received)
    expedited, why = flag(report.expedited)
    yield Element("C.1.1", report.id)
    yield Element("C.1.2", written(report.created_at))
    yield Element("C.1.3", "2")  # report from study
    yield Element("C.1.4", written(received[0].date()) if received else "")
    yield Element("C.1.5", written(received[-1].date()) if received else "")
    yield Element("C.1.6.1", "false")
    yield Element("C.1.7", expedited, why)
    yield Element("C.1.8.1", report.id)
    yield Element("C.1.8.2", "2")  # not a regulator
    yield Element("C.1.9.1", null="NI")


def _source(report: Report) -> Iterator[Element]:
    qualification = _QUALIFICATIONS.get(report.report.get("qualification", ""), "")
    yield Element("C.2.r.3", report.study.country, at=(1,))
    yield Element("C.2.r.4", qualification, at=(1,))
    yield Element("C.2.r.5", "1", at=(1,))
    yield Element("C.3.1", report.study.sender_type)
    yield Element("C.3.2", report.study.sender)


def _study(report: Report) -> Iterator[Element]:
    for place, (number, country) in enumerate(report.study.registrations, 1):
        yield Element("C.5.1.r.1", number, at=(place,))
        yield Element("C.5.1.r.2", country, at=(place,))
    yield Element("C.5.2", report.study.name)
    yield Element("C.5.3", report.study.number)
    yield Element("C.5.4", "1")  # clinical trial


# --- D: the participant -------------------------------------------------------------------------


def _patient(report: Report) -> Iterator[Element]:
    person = report.participant
    yield Element("D.1", null="MSK")
    yield Element("D.1.1.4", person.code)
    yield Element("D.2.3", age_group(report))
    yield Element("D.3", number_text(person.weight_kg))
    yield Element("D.4", number_text(person.height_cm))
    yield Element("D.5", _SEXES.get(person.sex, ""))
    yield Element("D.7.2", _history(report))
    yield Element("D.7.3", "true" if report.drugs else "")
    yield from _death(report)


def age_group(report: Report) -> str:
    """Adult or elderly, of a year of birth only where both ages that it allows say the same."""
    started = next(iter(report.events.values())).get("starts_on") or ""
    if report.participant.birth_year is None or not started:
        return ""
    most = parse(started).year - report.participant.birth_year
    groups = {_ELDERLY if age >= 65 else _ADULT if age >= 18 else "" for age in (most - 1, most)}
    return groups.pop() if len(groups) == 1 else ""


def _history(report: Report) -> str:
    lines = [_condition(one) for one in report.history]
    told = str(report.report.get("history") or "").strip()
    return "; ".join([*lines, *([told] if told else [])])


def _condition(one: Answers) -> str:
    until = "continuing" if one.get("ongoing") else one.get("ended") or ""
    since = one.get("started") or ""
    span = ", ".join(part for part in (f"from {since}" if since else "", until) if part)
    return f"{one['condition']} ({span})" if span else str(one["condition"])


def _death(report: Report) -> Iterator[Element]:
    if not _fatal(report):
        return
    death = report.death or {}
    days = [death.get("died_on"), *(event.get("died_on") for event in report.events.values())]
    autopsy = death.get("autopsy") or report.report.get("autopsy") or ""
    yield Element("D.9.1", written(next((day for day in days if day), "")))
    yield Element("D.9.2.r.2", str(death.get("cause") or ""), at=(1,))
    yield Element("D.9.3", _AUTOPSY.get(autopsy, ""), "UNK" if autopsy == "unknown" else "")


# --- E: the events ------------------------------------------------------------------------------


def _reactions(report: Report) -> Iterator[Element]:
    for place, (number, event) in enumerate(report.events.items(), 1):
        for one in _reaction(report, number, event, first=place == 1):
            yield Element(one.id, one.value, one.null, (place,))


def _reaction(report: Report, number: int, event: Answers, *, first: bool) -> Iterator[Element]:
    version, code = report.codes.get(number, ("", ""))
    yield Element("E.i.1.1a", event.get("term") or "")
    yield Element("E.i.1.1b", report.language)
    yield Element("E.i.1.2", report.translations.get(number, ""))
    yield Element("E.i.2.1a", version)
    yield Element("E.i.2.1b", code)
    yield Element("E.i.3.1", _highlighted(event, first=first))
    yield from _seriousness(event)
    yield Element("E.i.4", written(event.get("started_at") or event.get("starts_on")))
    yield Element("E.i.5", written(event.get("ended_at") or event.get("ends_on")))
    yield Element("E.i.7", _OUTCOMES.get(event.get("outcome") or "", ""))
    yield Element("E.i.8", _confirmed(report))
    yield Element("E.i.9", report.study.country)


def _highlighted(event: Answers, *, first: bool) -> str:
    """1 and 2 are not serious, 3 and 4 serious; odd is highlighted."""
    serious = event.get("serious")
    if serious is None:
        return ""
    return ("3" if first else "4") if serious else ("1" if first else "2")


def _seriousness(event: Answers) -> Iterator[Element]:
    """True or no information: E2B knows no false. Nothing while seriousness is not answered."""
    for letter, criterion in _CRITERIA.items():
        met = bool(event.get("serious")) and bool(event.get(criterion))
        null = "NI" if event.get("serious") is not None and not met else ""
        yield Element(f"E.i.3.2{letter}", "true" if met else "", null)


def _confirmed(report: Report) -> str:
    """Whether a health professional tells it; not known of an unknown reporter."""
    who = report.report.get("qualification") or ""
    return ("false" if who == "consumer" else "true") if who in _QUALIFICATIONS else ""


def _tests(report: Report) -> Iterator[Element]:
    told = str(report.report.get("tests") or "").strip()
    if told:
        yield Element("F.r.1", null="UNK", at=(1,))
        yield Element("F.r.2.1", "Relevant tests", at=(1,))
        yield Element("F.r.3.4", told, at=(1,))


# --- H: the words -------------------------------------------------------------------------------


def _narrative(report: Report) -> Iterator[Element]:
    yield Element("H.1", str(report.report.get("narrative") or ""))
    yield Element("H.2", _procedures(report, "Investigator"))
    reasons = (str(one.get("reasoning") or "") for one in report.assessments.values())
    yield Element("H.4", " ".join(part for part in (*reasons, _procedures(report, "Sponsor"))
                                  if part))  # fmt: skip


def _procedures(report: Report, who: str) -> str:
    """Infusion and biopsy are no drugs: what was judged of them goes into words."""
    told = [
        f"{name}, event {place}: {view.value}."
        for place, number in enumerate(report.events, 1)
        for cause, name in _PROCEDURES.items()
        for judge, view in views(report, number, cause)
        if judge == who
    ]
    return " ".join(told)
