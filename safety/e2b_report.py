"""What a report by ICH E2B(R3) is made of, and what comes out (safety/e2b.py)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from safety.e2b_elements import ELEMENTS
from trial.protocol.safety import CausalityParameters, Cause, Relatedness
from trial.protocol.truth import Truth

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Element:
    """One value. `at` are the numbers of the repetitions it stands in, from the outermost: (1, 2)
    is the second assessment of the first drug. Without a value `null` is HL7's reason."""

    id: str
    value: str = ""
    null: str = ""
    at: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """ICH's name of the element."""
        return ELEMENTS[self.id].name


@dataclass(frozen=True, slots=True)
class Missing:
    """A mandatory element nobody has answered, in which reaction or drug."""

    id: str
    at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """The study and the sender. Countries are ISO 3166 of two letters, `sender_type` is ICH's."""

    name: str
    number: str
    sender: str
    country: str
    sender_type: str = "6"
    registrations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Participant:
    """Who it happened to, by code alone; kg and cm."""

    code: str
    sex: str = ""
    birth_year: int | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | int | None = None


@dataclass(frozen=True, slots=True)
class Infusion:
    """One bag that was begun; nothing of its content."""

    number: int
    started_at: datetime
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug given beside the product. `cause`: what the forms call it where its causality was
    judged. Dates may be partial; the dose is that of a day, its unit UCUM."""

    name: str
    cause: Cause | None = None
    daily_dose: Decimal | None = None
    unit: str = ""
    started: str = ""
    stopped: str = ""
    route: str = ""
    indication: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report is made of.

    `events`, `assessments` are answers of the forms by the number of the adverse event, the
    reported one first; `report` those of serious_event, `death` those of death. `codes`: MedDRA
    version and code by number of the event, from the customer's dictionary. `language` is that of
    the terms (ISO 639-2), `translations` are the terms in English. `received`: when the sponsor got
    each piece of information.
    """

    id: str
    created_at: datetime
    study: Study
    participant: Participant
    events: Mapping[int, Answers]
    report: Answers
    assessments: Mapping[int, Answers] = field(default_factory=dict)
    received: Sequence[datetime] = ()
    expedited: Truth = None
    infusions: Sequence[Infusion] = ()
    drugs: Sequence[Drug] = ()
    history: Sequence[Answers] = ()
    death: Answers | None = None
    codes: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    translations: Mapping[int, str] = field(default_factory=dict)
    language: str = "zho"
    causality: CausalityParameters = field(default_factory=CausalityParameters)


@dataclass(frozen=True, slots=True)
class Result:
    """The elements in ICH's order, and the mandatory ones that are open."""

    elements: tuple[Element, ...]
    missing: tuple[Missing, ...]

    def value(self, element: str, *at: int) -> str | None:
        """The value of an element, "" where only a reason stands; None if there is no such."""
        found = (one.value for one in self.elements if one.id == element and one.at == at)
        return next(found, None)


def written(value: str | date | datetime | None) -> str:
    """A day, partial date or moment as HL7 writes it: 20260302, 202603, 20260302150000+0800."""
    if not value:
        return ""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError("A moment has its offset.")
        return value.strftime("%Y%m%d%H%M%S%z")
    return str(value).replace("-", "")


def flag(value: Truth) -> tuple[str, str]:
    """true, false, or the reason why neither."""
    return ("", "NI") if value is None else (str(value).lower(), "")


def number_text(value: Decimal | int | None) -> str:
    """A number without trailing zeros; "" for none."""
    return "" if value is None else format(Decimal(value).normalize(), "f")


def views(report: Report, number: int, cause: Cause) -> Iterator[tuple[str, Relatedness]]:
    """Who judged the cause, and how."""
    investigator = report.events[number].get(f"cause_{cause}")
    sponsor = report.assessments.get(number, {}).get(f"sponsor_{cause}")
    if investigator:
        yield "Investigator", Relatedness(investigator)
    if sponsor:
        yield "Sponsor", Relatedness(sponsor)
