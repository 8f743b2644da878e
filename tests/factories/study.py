"""A small study, built by calling the services, as its users would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from labs.entry import Entry, PanelEntry
from labs.models import Laboratory, Panel
from labs.services import panels, ranges
from patients import services as patients
from patients.models import Answer, Participant, Sex
from trial.access import services as access
from trial.access.models import Kind, Site, User
from trial.access.roles import Role
from trial.audit.context import Actor
from visits.models import Visit
from visits.services import schedule as visits

PASSWORD = "correct horse battery"
SETUP = Actor.system("test-setup")
DAY0 = date(2025, 1, 6)


@dataclass(frozen=True)
class Cast:
    """Two sites, their laboratories, and one user of every role.

    `coordinator`, `investigator`, `pharmacist` work at site 01, `coordinator2` and
    `investigator2` at site 02; `outsider` has no role at all. The investigators have agreed to
    sign electronically.
    """

    site: Site
    other_site: Site
    laboratory: Laboratory
    other_laboratory: Laboratory
    users: Mapping[str, User]

    def __getattr__(self, name: str) -> User:
        try:
            return self.users[name]
        except KeyError:
            raise AttributeError(name) from None


SITE_USERS = {
    "coordinator": (Role.COORDINATOR, "01"),
    "coordinator2": (Role.COORDINATOR, "02"),
    "investigator": (Role.INVESTIGATOR, "01"),
    "investigator2": (Role.INVESTIGATOR, "02"),
    "pharmacist": (Role.PHARMACIST, "01"),
}
STUDY_USERS = {
    "sponsor": Role.SPONSOR,
    "monitor": Role.MONITOR,
    "datamanager": Role.DATA_MANAGER,
    "safety": Role.SAFETY,
    "statistician": Role.STATISTICIAN,
    "reader": Role.READER,
    "admin": Role.ADMIN,
}


def make_site(code: str = "01", *, opened_on: date = date(2024, 1, 1)) -> Site:
    return access.create_site(
        code=code,
        name=f"Hospital {code}",
        name_zh=f"第{code}医院",
        timezone="Asia/Shanghai",
        opened_on=opened_on,
        protocol="1.0",
        by=SETUP,
    )


def make_user(username: str, role: Role | None = None, site: Site | None = None) -> User:
    user = access.create_user(
        username=username, full_name=username.title(), password=PASSWORD, by=SETUP
    )
    if role:
        access.grant_role(user=user, role=role, site=site, by=SETUP)
    if role == Role.INVESTIGATOR:  # who signs has agreed to what that means
        access.confirm_training(user=user, kind=Kind.AGREEMENT, language="en", by=Actor.of(user))
    return user


def make_laboratory(site: Site | None, code: str) -> Laboratory:
    laboratory = ranges.create_laboratory(site=site, code=code, name=f"Lab {code}", by=SETUP)
    ranges.adopt_default_ranges(laboratory=laboratory, valid_from=date(2020, 1, 1), by=SETUP)
    return laboratory


def make_cast() -> Cast:
    sites = {code: make_site(code) for code in ("01", "02")}
    users = {name: make_user(name, role, sites[code]) for name, (role, code) in SITE_USERS.items()}
    users |= {name: make_user(name, role) for name, role in STUDY_USERS.items()}
    users["outsider"] = make_user("outsider")
    return Cast(
        site=sites["01"],
        other_site=sites["02"],
        laboratory=make_laboratory(sites["01"], "LAB01"),
        other_laboratory=make_laboratory(sites["02"], "LAB02"),
        users=users,
    )


def find_cast() -> Cast:
    """The cast that is there already."""
    sites = {site.code: site for site in Site.objects.all()}
    laboratories = {one.code: one for one in Laboratory.objects.all()}
    return Cast(
        site=sites["01"],
        other_site=sites["02"],
        laboratory=laboratories["LAB01"],
        other_laboratory=laboratories["LAB02"],
        users={user.username: user for user in User.objects.all()},
    )


def screened(site: Site, *, sex: Sex = Sex.FEMALE, day0: date = DAY0) -> Participant:
    """A participant in screening, two weeks before `day0`."""
    return visits.start_screening(
        site=site,
        sex=sex,
        birth_year=1980,
        screened_on=day0 - timedelta(days=14),
        childbearing_potential=True if sex == Sex.FEMALE else None,
        by=SETUP,
    )


def enrolled(site: Site, *, sex: Sex = Sex.FEMALE, day0: date = DAY0) -> Participant:
    """A consented, eligible, enrolled participant with all visits planned from `day0`."""
    participant = screened(site, sex=sex, day0=day0)
    given = datetime.combine(participant.screened_on, time(1), tzinfo=UTC)
    patients.give_consent(participant=participant, form_version="1.0", given_at=given, by=SETUP)
    answers = {
        "I1": patients.CriterionEntry(Answer.YES),
        "I2": patients.CriterionEntry(Answer.YES, 7),
        "I3": patients.CriterionEntry(Answer.YES),
        "AGE": patients.CriterionEntry(Answer.YES),
    } | {f"E{n}": patients.CriterionEntry(Answer.NO) for n in range(1, 7)}
    patients.answer_criteria(participant=participant, answers=answers, by=SETUP)
    return visits.enrol(
        participant=participant,
        enrolled_on=day0 - timedelta(days=3),
        day0_on=day0,
        induction_started_on=day0,
        by=SETUP,
    )


UNITS = {"ALT": "U/L", "AST": "U/L", "IGG": "g/L", "BILI": "umol/L", "CREAT": "umol/L",
         "INR": "INR", "SODIUM": "mmol/L", "ALB": "g/L", "GLOBG": "g/L"}  # fmt: skip


def panel_entry(
    laboratory: Laboratory,
    on: date | None,
    values: Mapping[str, str],
    *,
    dialysis: bool | None = False,
) -> PanelEntry:
    """A panel as typed: LBTESTCD to number, in the unit of UNITS; soft limits are confirmed."""
    if on is None:
        raise ValueError("this visit has no target date: say when the sample was taken")
    return PanelEntry(
        laboratory_id=laboratory.pk,
        collected_on=on,
        dialysis=dialysis,
        entries={
            code: Entry(text=text, unit=UNITS[code], comment="checked", confirmed=True)
            for code, text in values.items()
        },
    )


def visit_of(participant: Participant, code: str) -> Visit:
    return Visit.objects.get(participant=participant, code=code, number=0)


def enter(
    participant: Participant,
    code: str,
    values: Mapping[str, str],
    laboratory: Laboratory,
    *,
    reason: str = "",
) -> Panel:
    """Enter (or correct) the labs of a planned visit, on its target date."""
    visit = visit_of(participant, code)
    panel = Panel.objects.filter(visit=visit).first()
    on = visit.target_on or participant.screened_on
    return panels.record_panel(
        visit=visit,
        data=panel_entry(laboratory, on, values),
        base_version=panel.version if panel else 0,
        reason=reason,
        by=SETUP,
    ).panel


RELAPSE_COURSE: dict[str, dict[str, str]] = {
    "D0": {"ALT": "300", "AST": "250", "IGG": "22"},
    "W12": {"ALT": "30", "AST": "28", "IGG": "15"},
    "W24": {"ALT": "30", "AST": "28", "IGG": "14"},
    "W36": {"ALT": "125", "AST": "90", "IGG": "17.5"},
}
