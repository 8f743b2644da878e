"""Building the demo study by calling the services, as the people at the sites would."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from labs.entry import Entry, PanelEntry
from labs.models import Laboratory
from labs.services import ranges
from labs.services.panels import record_panel
from patients import services as patients
from patients.models import Answer, DiseaseStatus, Participant, Sex
from randomization.demo.clock import DAY, clock_at, local
from randomization.demo.product import (
    Customer,
    Pharmacy,
    discard_expired,
    put_list_in_force,
    supply,
)
from randomization.demo.unblinding import break_the_blind
from randomization.services.allocating import Proof, randomise
from reports.demo.asking import ask_and_answer
from reports.demo.casebook import Ward as DemoWard
from reports.demo.casebook import casebook_of
from reports.demo.courses import SimulatedParticipant, SimulatedVisit, simulate
from reports.demo.infusions import Ward, in_progress
from reports.demo.particulars import enter_particulars
from reports.demo.places import Place
from reports.demo.readings import read_biopsies
from reports.demo.serious import fall_ill
from reports.demo.signing import sign_and_hold
from reports.demo.verification import plan_and_verify
from trial.access import services as access
from trial.access.models import Kind, Site, User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.crf.loading import load as load_forms
from trial.protocol import registry
from trial.protocol.checks import assess
from trial.protocol.units import from_canonical
from trial.signing.models import Components
from visits.models import Infusion, Visit
from visits.services import schedule as visits

SEED = 20260323
SITES = (  # code, name, Chinese name, time zone, planned participants
    ("01", "Beijing Liver Hospital (demo)", "北京肝病医院（演示）", "Asia/Shanghai", 40),
    ("02", "Shanghai Hepatology Centre (demo)", "上海肝病中心（演示）", "Asia/Shanghai", 28),
    ("03", "Guangzhou University Hospital (demo)", "广州大学医院（演示）", "Asia/Shanghai", 20),
    ("04", "Berlin Liver Clinic (demo)", "柏林肝病诊所（演示）", "Europe/Berlin", 12),
)
OPEN_FOR = timedelta(days=840)  # longer than the first participant has been followed
# Laboratories differ in what they report, as they do: the unit and the decimal sign.
UNITS: Mapping[str, Mapping[str, str]] = {
    "02": {"BILI": "mg/dL", "CREAT": "mg/dL"},
    "03": {"ALB": "g/dL", "PREALB": "g/L"},
    "04": {"BILI": "mg/dL", "CREAT": "mg/dL", "IGG": "mg/dL", "PREALB": "mg/dL"},
}
COMMA = {"04"}
ACCOUNTS: tuple[tuple[str, str, Role, tuple[str, ...]], ...] = (
    ("coordinator", "Coordinator, site 01", Role.COORDINATOR, ("01",)),
    ("coordinator2", "Coordinator, site 02", Role.COORDINATOR, ("02",)),
    ("coordinator3", "Coordinator, site 03", Role.COORDINATOR, ("03",)),
    ("coordinator4", "Coordinator, site 04", Role.COORDINATOR, ("04",)),
    ("investigator", "Investigator, sites 01 and 02", Role.INVESTIGATOR, ("01", "02")),
    ("investigator2", "Investigator, sites 03 and 04", Role.INVESTIGATOR, ("03", "04")),
    ("sponsor", "Sponsor", Role.SPONSOR, ()),
    ("monitor", "Monitor", Role.MONITOR, ()),
    ("datamanager", "Data manager", Role.DATA_MANAGER, ()),
    ("pharmacist", "Pharmacist, site 01", Role.PHARMACIST, ("01",)),
    ("safety", "Safety officer", Role.SAFETY, ()),
    ("statistician", "Statistician", Role.STATISTICIAN, ()),
    ("reader", "Central reader", Role.READER, ()),
    ("reader2", "Second central reader", Role.READER, ()),
    ("reader3", "Third central reader", Role.READER, ()),
    ("admin", "Administrator", Role.ADMIN, ()),
)
# Most come untreated, as in the published series.
STATUSES = (DiseaseStatus.NAIVE, DiseaseStatus.NAIVE, DiseaseStatus.INSUFFICIENT,
            DiseaseStatus.NAIVE, DiseaseStatus.RELAPSED)  # fmt: skip
LAST_INFUSION = "W8"
BY = Actor.system("demo")


def load(
    *, password: str, today: date, participants: int = 100, say: Callable[[str], None] = print
) -> int:
    """Build the demo study. Returns the number of participants, screening failures included."""
    opened = (today - OPEN_FOR).replace(day=1)
    sites = {details[0]: _site(details, opened) for details in SITES}
    users = {account[0]: _user(account, sites, password) for account in ACCOUNTS}
    _delegate(users, sites, opened)
    places = [
        Place(
            site,
            _laboratory(site, opened),
            _coordinator(users, code),
            users["investigator" if code in ("01", "02") else "investigator2"],
        )
        for code, site in sites.items()
    ]
    customers = [Customer(p.site, _bags(p), p.coordinator) for p in places]
    put_list_in_force(
        [place.site for place in places], by=Actor.of(users["statistician"]),
        at=local(opened, time(9), places[0].site.zone),
    )  # fmt: skip
    supply(Pharmacy(users["pharmacist"], password), customers, today=today)
    people = simulate(seed=SEED, today=today, participants=participants, sites=len(places))
    ward = Ward(SEED, today)
    safety = Actor.of(users["safety"], role=Role.SAFETY.value)
    for number, person in enumerate(people, start=1):
        _enter(person, places[person.site], ward, password, safety)
        if number % 20 == 0:
            say(f"  {number} of {len(people)} participants")
    running, reserved = in_progress(places, SEED)
    wasted = discard_expired(customers, today=today)
    say(f"  {sum(ward.count.values())} infusions, {running} running; {reserved} bags reserved, "
        f"{wasted} expired")  # fmt: skip
    particulars = enter_particulars(place=places[0])
    say(f"  {particulars} particulars of casebooks")
    read = read_biopsies(
        manager=users["datamanager"], readers=[users[f"reader{n}"] for n in ("", 2, 3)]
    )
    say(f"  {read} readings of biopsies")
    if break_the_blind(investigator=users["investigator"], password=password):
        say("  1 emergency unblinding")
    signed = sign_and_hold(
        investigator=users["investigator"], manager=users["datamanager"], password=password
    )
    say(f"  {signed} signatures")
    verified = plan_and_verify(monitor=users["monitor"], manager=users["datamanager"])
    say(f"  {verified} verifications")
    asked = ask_and_answer(monitor=users["monitor"], coordinator=users["coordinator"])
    say(f"  {asked} queries")
    return len(people)


def _site(details: tuple[str, str, str, str, int], opened: date) -> Site:
    code, name, name_zh, zone, planned = details
    return access.create_site(
        code=code, name=name, name_zh=name_zh, timezone=zone, opened_on=opened,
        protocol=registry.latest().number, planned=planned, by=BY,
    )  # fmt: skip


def _user(
    account: tuple[str, str, Role, tuple[str, ...]], sites: Mapping[str, Site], password: str
) -> User:
    username, full_name, role, codes = account
    user = access.create_user(username=username, full_name=full_name, password=password, by=BY)
    places: list[Site | None] = [sites[code] for code in codes]
    for site in places or [None]:
        access.grant_role(user=user, role=role, site=site, by=BY)
    return user


def _delegate(users: Mapping[str, User], sites: Mapping[str, Site], opened: date) -> None:
    """The investigator is principal at two sites, has agreed to sign there, and has delegated."""
    investigator = users["investigator"]
    for code, name in (("01", "coordinator"), ("02", "coordinator2")):
        access.appoint_principal(
            user=investigator, site=sites[code], from_on=opened, by=BY, reason="Demo study"
        )
        access.delegate(
            user=users[name], site=sites[code], from_on=opened,
            duties=["screen", "consent", "enrol", "enter", "labs", "infuse"],
            by=Actor.of(investigator, role=Role.INVESTIGATOR.value, site=code),
        )  # fmt: skip
    for user in users.values():
        signs = user in (investigator, users["investigator2"])
        kinds = list(Kind) if signs else [Kind.SYSTEM, Kind.PROTOCOL]
        for kind in kinds:
            access.confirm_training(user=user, kind=kind, language="en", by=Actor.of(user))


def _coordinator(users: Mapping[str, User], code: str) -> Actor:
    name = "coordinator" if code == "01" else f"coordinator{int(code)}"
    return Actor.of(users[name], role=Role.COORDINATOR.value, site=code)


def _laboratory(site: Site, valid_from: date) -> Laboratory:
    laboratory = ranges.create_laboratory(
        site=site, code=f"LAB{site.code}", name=f"Laboratory of site {site.code}", by=BY
    )
    ranges.adopt_default_ranges(laboratory=laboratory, valid_from=valid_from, by=BY)
    return laboratory


def _bags(place: Place) -> int:
    """Of each kind, twice a year: enough for the infusions of half a year, whoever is in which
    arm, with a margin, as an allocation is refused when either kind runs out."""
    planned = {details[0]: details[4] for details in SITES}
    return planned[place.site.code] * 11 // 20 + 5


def _randomise(participant: Participant, place: Place, password: str, at: datetime) -> None:
    signer = place.investigator
    proof = Proof(signer, signer.username, password, Components.BOTH, confirmed=True)
    with clock_at(at):
        randomise(participant=participant, proof=proof, by=place.signer)


def _enter(
    person: SimulatedParticipant, place: Place, ward: Ward, password: str, safety: Actor
) -> None:
    participant = visits.start_screening(
        site=place.site, sex=Sex(person.sex), birth_year=person.birth_year,
        screened_on=person.screened_on, childbearing_potential=person.sex == "F",
        by=place.coordinator,
    )  # fmt: skip
    _record(participant, person.visits[0], place)
    if person.day0_on is None:
        _answer(participant, person, place)
        _fill_in(participant, person, place)
        patients.fail_screening(
            participant=participant, on=person.leaves_on or person.screened_on,
            reason="Simplified score below the minimum", by=place.coordinator,
        )  # fmt: skip
        return
    _answer(participant, person, place)
    participant = visits.enrol(
        participant=participant, enrolled_on=person.screened_on, day0_on=person.day0_on,
        induction_started_on=person.day0_on, by=place.coordinator,
        disease_status=STATUSES[person.birth_year % len(STATUSES)],
    )  # fmt: skip
    eve = local(person.day0_on - DAY, time(15, 20), place.site.zone)
    _randomise(participant, place, password, eve)
    for visit in person.visits[1:]:
        _record(participant, visit, place)
    ward.give(participant, place)
    fall_ill(participant, place, safety)
    _fill_in(participant, person, place)
    last = person.visits[-1]
    if last.code == "W96" and not last.missed:
        patients.complete(participant=participant, on=last.on, by=place.coordinator)
    elif person.leaves_on:
        patients.withdraw(
            participant=participant, on=person.leaves_on, reason="Consent withdrawn",
            reason_code="wish", by=place.coordinator,
        )  # fmt: skip


def _fill_in(participant: Participant, person: SimulatedParticipant, place: Place) -> None:
    """The forms of the ward, all of them."""
    participant = Participant.objects.select_related("site").get(pk=participant.pk)
    alt = {visit.code: visit.values["ALT"] for visit in person.visits if "ALT" in visit.values}
    found = DemoWard(
        participant, list(participant.visits.all()), alt, person.score,
        Random(f"{SEED} {participant.code}"),  # noqa: S311 - a simulation, repeatable
        treated_until=_treated_until(participant),
    )  # fmt: skip
    load_forms(participant=participant, filled=list(casebook_of(found)), by=place.coordinator)


def _treated_until(participant: Participant) -> date | None:
    """The day of the last infusion, once it is over."""
    over = Infusion.objects.filter(
        visit__participant=participant, visit__code=LAST_INFUSION, ended__isnull=False
    )
    return over.values_list("visit__held_on", flat=True).first()


def _answer(participant: Participant, person: SimulatedParticipant, place: Place) -> None:
    given = datetime.combine(person.screened_on, time(9, 30), tzinfo=place.site.zone)
    patients.give_consent(
        participant=participant, form_version="1.0", given_at=given.astimezone(UTC),
        by=place.coordinator,
    )  # fmt: skip
    score = patients.CriterionEntry(Answer.YES if person.score >= 6 else Answer.NO, person.score)
    included = {code: patients.CriterionEntry(Answer.YES) for code in ("I1", "I3", "AGE")}
    excluded = {f"E{n}": patients.CriterionEntry(Answer.NO) for n in range(1, 7)}
    patients.answer_criteria(
        participant=participant, answers={**included, "I2": score, **excluded},
        by=place.coordinator,
    )  # fmt: skip


def _record(participant: Participant, simulated: SimulatedVisit, place: Place) -> None:
    visit = Visit.objects.select_related("participant__site").get(
        participant=participant, code=simulated.code, number=0
    )
    if simulated.missed:
        visits.miss(visit=visit, reason=simulated.reason, by=place.coordinator)
        return
    data = _panel(simulated, place)
    if not simulated.misread:
        record_panel(
            visit=visit, data=data, base_version=0, reason=simulated.reason, by=place.coordinator
        )
        return
    wrong = dict(data.entries)
    typed = wrong[simulated.misread]
    slip = typed.text[:-1] + ("7" if typed.text[-1] == "1" else "1")
    wrong[simulated.misread] = _entry(simulated.misread, slip, typed.unit)
    first = record_panel(
        visit=visit, data=_with(data, wrong), base_version=0,
        reason=simulated.reason, by=place.coordinator,
    )  # fmt: skip
    record_panel(
        visit=visit, data=data, base_version=first.panel.version,
        reason="Typing error, compared with the report", by=place.coordinator,
    )  # fmt: skip


def _with(data: PanelEntry, entries: Mapping[str, Entry]) -> PanelEntry:
    return PanelEntry(
        laboratory_id=data.laboratory_id, collected_on=data.collected_on,
        collected_time=data.collected_time, dialysis=data.dialysis, pt_isi=data.pt_isi,
        pt_mnpt=data.pt_mnpt, entries=entries,
    )  # fmt: skip


def _panel(simulated: SimulatedVisit, place: Place) -> PanelEntry:
    entries = {
        code: _typed(code, value, place.site.code) for code, value in simulated.values.items()
    }
    entries |= {code: Entry(not_done=why) for code, why in simulated.not_done.items()}
    return PanelEntry(
        laboratory_id=place.laboratory.pk, collected_on=simulated.on,
        collected_time=time(8, 15), dialysis=False, pt_isi=Decimal("1.05"),
        pt_mnpt=Decimal("12.0"), entries=entries,
    )  # fmt: skip


def _typed(code: str, value: Decimal, site: str) -> Entry:
    """A canonical value as the site's laboratory prints it."""
    analyte = registry.latest().analyte(code)
    unit = UNITS.get(site, {}).get(code, analyte.canonical_unit.code)
    if unit != analyte.canonical_unit.code:
        value = from_canonical(analyte, value, unit).quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = format(value, "f")
    return _entry(code, text.replace(".", ",") if site in COMMA else text, unit)


def _entry(code: str, text: str, unit: str) -> Entry:
    """The entry, with the confirmation that an unusual value asks for."""
    soft = assess(registry.latest().analyte(code), text, unit).level == "soft"
    return Entry(text, unit, confirmed=soft, comment="Repeated, same value" if soft else "")
