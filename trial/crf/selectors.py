"""Reading everything that was entered about participants, in one statement.

The rows come as JSON, whatever their tables are called and however many forms there are, and are
read by the descriptions of the forms. Tables of the apps above are known by name, as in
trial/signing/content.py: checks compare forms, visits and the person.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from trial.crf.models import MODELS
from trial.protocol.crf import Facts, Form, Person, Question, Row, VisitFact

PERSON = """json_build_object(
  'sex', p.sex, 'birth_year', p.birth_year, 'childbearing_potential', p.childbearing_potential,
  'status', p.status, 'screened_on', p.screened_on, 'enrolled_on', p.enrolled_on,
  'day0_on', p.day0_on, 'ended_on', p.ended_on, 'zone', s.timezone,
  'consented_on', (select min((c.given_at at time zone s.timezone)::date)
                   from patients_consent c where c.participant_id = p.id))::text"""
VISITS = """(select json_agg(json_build_object(
  'id', v.id, 'label', v.code || case when v.number > 0 then ' ' || v.number else '' end,
  'status', v.status, 'held_on', v.held_on, 'target_on', v.target_on)
  order by v.position, v.held_on, v.number)::text
  from visits_visit v where v.participant_id = p.id)"""
# Put together of nothing but the constants above.
_PEOPLE = f"""
select 'person', p.id, {PERSON}
from patients_participant p join access_site s on s.id = p.site_id where p.id = any(%(ids)s)
"""  # noqa: S608
_VISITS = f"""
select 'visit', p.id, coalesce({VISITS}, '[]')
from patients_participant p where p.id = any(%(ids)s)
"""  # noqa: S608
_ROWS = """
select '{code}', t.participant_id, json_agg(to_jsonb(t) order by t.number, t.id)::text
from {table} t where t.participant_id = any(%(ids)s) and not t.struck group by t.participant_id
"""


def facts_of(ids: Iterable[int]) -> dict[int, Facts]:
    """Everything that checks compare, by participant. One statement, whatever was entered."""
    forms = {code: model.form for code, model in MODELS.items()}
    parts = [_PEOPLE, _VISITS]
    parts += [_ROWS.format(code=code, table=form.table) for code, form in forms.items()]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), {"ids": list(ids)})
        found = cursor.fetchall()
    by_person: dict[int, dict[str, Any]] = defaultdict(dict)
    for kind, participant, held in found:
        by_person[participant][kind] = json.loads(held, parse_float=Decimal)
    return {number: _facts(forms, held) for number, held in by_person.items()}


def _facts(forms: Mapping[str, Form], held: Mapping[str, Any]) -> Facts:
    now = timezone.now()
    person = dict(held["person"])
    zone = ZoneInfo(person.pop("zone"))
    visits = tuple(_visit(one) for one in held.get("visit", ()))
    places = {visit.id: (index, visit) for index, visit in enumerate(visits)}
    rows = {
        code: tuple(_in_order(form, held.get(code, ()), places, zone))
        for code, form in forms.items()
    }
    return Facts(
        person=Person(**{name: _dated(name, value) for name, value in person.items()}),
        today=now.astimezone(zone).date(),
        rows=rows,
        visits=visits,
        now=now.astimezone(zone),
    )


def _in_order(
    form: Form,
    held: Sequence[Mapping[str, Any]],
    places: Mapping[int, tuple[int, VisitFact]],
    zone: ZoneInfo,
) -> Iterator[Row]:
    """The rows of a form: by visit where they have one, else by number."""
    ordered = sorted(held, key=lambda one: (places.get(one.get("visit_id", 0), (0,))[0],
                                            one["number"]))  # fmt: skip
    for one in ordered:
        visit = places[one["visit_id"]][1] if "visit_id" in one else None
        yield Row(
            form=form.code,
            id=one["id"],
            number=one["number"],
            values={} if one["not_done"] else values_from(form, one, zone),
            visit=visit.label if visit else "",
            visit_id=visit.id if visit else None,
            on=(visit.held_on or visit.target_on) if visit else None,
            not_done=bool(one["not_done"]),
        )


def values_from(form: Form, held: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """The answers in a row that PostgreSQL wrote as JSON, with their own types; times on the
    site's clock, so that their date is the site's."""
    return {one.name: _typed(one, held.get(one.name), zone) for one in form.questions}


def _typed(question: Question, value: Any, zone: tzinfo) -> Any:
    if value is None:
        return None if question.empty is None else ""
    if question.kind == "date":
        return date.fromisoformat(value)
    if question.kind == "moment":
        return datetime.fromisoformat(value).astimezone(zone)
    if question.kind == "number" and question.decimals:
        return Decimal(str(value))
    return value


def _visit(held: Mapping[str, Any]) -> VisitFact:
    return VisitFact(
        id=held["id"],
        label=held["label"],
        status=held["status"],
        held_on=_day(held["held_on"]),
        target_on=_day(held["target_on"]),
    )


def _dated(name: str, value: Any) -> Any:
    return _day(value) if name.endswith("_on") else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
