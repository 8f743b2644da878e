"""The data as they were: equal, byte for byte, to what was exported at that moment."""

import io
import os
import threading
from datetime import timedelta

import pandas as pd
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labs.services import evaluation
from reports import exports, past
from reports.datasets import DATASETS
from tests.databases import Cleaner, logged_in
from tests.factories import forms, study
from tests.integration.api.conftest import MELD_INPUTS
from tests.integration.api.test_exports import body
from trial.access.services import create_site
from trial.audit.seal import last_seal, seal_now
from trial.crf.models import MODELS
from trial.protocol.casebook.forms import FORMS
from visits.services import schedule as visits

pytestmark = pytest.mark.django_db(transaction=True)


def plain(how="csv"):
    """Every dataset, exported now, as bytes."""
    found = {}
    for name, dataset in DATASETS.items():
        with exports.snapshot():
            file = io.BytesIO()
            exports.write(dataset, dataset.everything(), how, file)
        found[name] = file.getvalue()
    return found


def as_it_was(moment, how="csv"):
    found = {}
    for name, dataset in DATASETS.items():
        with past.seen(moment, *dataset.reads):
            file = io.BytesIO()
            exports.write(dataset, dataset.everything(), how, file)
        found[name] = file.getvalue()
    return found


def sealed():
    """The state now, under a seal: (what is exported, the moment of it)."""
    seal_now()
    return plain(), past.at_time(timezone.now())


# --- a random history -----------------------------------------------------------------------------
VALUES = st.sampled_from(["30", "<12", "250", "31,5", ">1000"])
VISITS = st.sampled_from(["SCR", "D0", "W4", "W12", "W24", "W48"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("labs"), st.integers(0, 1), VISITS, VALUES),
        st.tuples(st.just("hold"), st.integers(0, 1), st.just("D0"), st.integers(0, 2)),
        st.tuples(st.just("form"), st.integers(0, 1), VISITS, st.booleans()),
        st.tuples(st.just("screen"), st.integers(0, 1)),
        st.tuples(st.just("site")),
        st.tuples(st.just("evaluate")),
        st.tuples(st.just("generation")),
        st.tuples(st.just("look")),
        st.tuples(st.just("look")),
    ),
    min_size=4,
    max_size=14,
)


class History:
    """A study that things happen to."""

    def __init__(self):
        self.cast = study.make_cast()
        self.places = [
            (study.enrolled(self.cast.site), self.cast.laboratory),
            (study.enrolled(self.cast.other_site), self.cast.other_laboratory),
        ]
        self.codes = iter(range(10, 99))
        self.looks = []

    def step(self, what, *with_):
        getattr(self, what)(*with_)

    def labs(self, which, visit, value):
        person, laboratory = self.places[which]
        study.enter(person, visit, MELD_INPUTS | {"ALT": value}, laboratory, reason="corrected")

    def hold(self, which, code, days):
        person, _laboratory = self.places[which]
        visit = study.visit_of(person, code)
        assert visit.target_on is not None
        visits.hold(
            visit=visit,
            held_on=visit.target_on + timedelta(days=days),
            reason="moved",
            by=study.SETUP,
        )

    def form(self, which, visit, done):
        """A sheet of every form, at another time as done or not."""
        person, _laboratory = self.places[which]
        for form in FORMS:
            owner = {"participant": person}
            if form.level == "visit":
                owner["visit"] = study.visit_of(person, visit)
            stored = MODELS[form.code].objects.filter(**owner).first()
            if stored is None:
                forms.row(form, person, visit)
            else:
                forms.change(stored, not_done="" if done else "not possible")

    def screen(self, which):
        study.screened((self.cast.site, self.cast.other_site)[which])

    def site(self):
        study.make_site(f"{next(self.codes)}")

    def evaluate(self):
        evaluation.evaluate_pending(process="test")

    def generation(self):
        seal_now()
        new_generation()

    def look(self):
        self.looks.append(sealed())


def new_generation():
    """What follows a restore: transaction numbers may begin anew."""
    name = connection.settings_dict["NAME"]
    with logged_in(os.environ["OWNER_DATABASE_URL"], name):
        call_command("new_generation", "--by", "admin", "--reason", "restored", verbosity=0)


@pytest.mark.req("F-080")
@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=STEPS)
def test_any_past_state_is_what_was_exported_then(transactional_db, steps):
    cleaner = Cleaner(os.environ["ADMIN_DATABASE_URL"]) if not HELD else HELD[0]
    HELD[:] = [cleaner]
    history = History()
    try:
        for step in [*steps, ("look",)]:
            history.step(*step)
        for then, moment in history.looks:
            assert as_it_was(moment) == then
    finally:
        cleaner.clean()


HELD: list[Cleaner] = []


@pytest.mark.parametrize("how", exports.FORMATS)
def test_every_format_is_the_same_file_again(cast, labs, how):
    seal_now()
    then, moment = plain(how), past.at_time(timezone.now())
    study.enter(labs.there, "D0", {"ALT": "99"}, cast.other_laboratory, reason="typing error")
    evaluation.evaluate_pending(process="test")
    assert plain(how) != then
    assert as_it_was(moment, how) == then


@pytest.mark.req("F-080")
def test_who_writes_meanwhile_changes_nothing(cast, labs):
    """The transaction began before the seal and commits after it: it does not belong to it."""
    ready, go = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic():
                study.enter(
                    labs.there, "D0", {"ALT": "77"}, cast.other_laboratory, reason="typing error"
                )
                ready.set()
                go.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=write)
    other.start()
    ready.wait(20)
    then, moment = sealed()
    go.set()
    other.join()
    seal_now()
    assert as_it_was(moment) == then
    assert plain()["lab-results"] != then["lab-results"]


# --- the door -------------------------------------------------------------------------------------
def test_a_list_and_a_file_answer_as_of_a_time_and_say_which(api, cast, labs):
    client = api(cast.sponsor)
    seal_now()
    asked = timezone.now().isoformat()
    before = client.rows("lab-results/", analyte="ALT", site="02")
    study.enter(labs.there, "D0", {"ALT": "99"}, cast.other_laboratory, reason="typing error")
    seal = last_seal()

    answer = client.get("lab-results/", as_of=asked, analyte="ALT", site="02")
    assert answer.json()["results"] == before
    assert answer["X-Snapshot-At"] <= asked
    file = client.get("lab-results/", as_of=asked, analyte="ALT", site="02", format="csv")
    frame = pd.read_csv(io.BytesIO(body(file)), dtype=str)
    assert list(frame.value_text) == ["<12"]
    assert file["X-Seal"] == str(seal.n)
    now = client.rows("lab-results/", analyte="ALT", site="02")
    assert [row["value_text"] for row in now] == ["99"]


def test_pages_of_a_past_state_follow_each_other(api, cast, labs):
    client = api(cast.sponsor)
    seal_now()
    asked = timezone.now().isoformat()
    whole = client.rows("lab-results/", page_size=1000)
    study.enter(labs.there, "D0", {"ALT": "99"}, cast.other_laboratory, reason="typing error")
    found, address = [], None
    answer = client.get("lab-results/", as_of=asked, page_size=15)
    while True:
        found += answer.json()["results"]
        address = answer.json()["next"]
        if address is None:
            break
        answer = client.client.get(address, headers=client.headers())
    assert found == whole


def test_a_later_site_is_not_there_yet_and_the_day_is_that_of_then(cast):
    seal_now()
    _then, moment = sealed()
    create_site(
        code="09",
        name="New",
        name_zh="",
        timezone="Asia/Shanghai",
        opened_on=study.DAY0,
        protocol="1.0",
        by=study.SETUP,
    )
    assert b"\n9," not in as_it_was(moment)["sites"]
    with past.seen(moment, "export_site"), connection.cursor() as cursor:
        cursor.execute("select export_now()")
        assert cursor.fetchone()[0] == moment.at


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"as_of": "2999-01-01T00:00:00Z"}, "as_of"),
        ({"as_of": "2001-01-01T00:00:00Z"}, "as_of"),
        ({"as_of": "2026-01-01"}, "as_of"),
        ({"snapshot": "77"}, "snapshot"),
        ({"snapshot": "x"}, "snapshot"),
        ({"as_of": "2026-01-01T00:00:00Z", "snapshot": "1"}, "as_of"),
    ],
)
def test_a_moment_that_is_not_there_is_refused_by_name(api, cast, query, field):
    answer = api(cast.sponsor).get("sites/", **query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_only_those_who_may_export_ask_for_the_past(api, cast, labs):
    seal_now()
    answer = api(cast.coordinator).get("lab-results/", as_of=timezone.now().isoformat())
    assert answer.status_code == 403


def test_nothing_of_a_past_state_stays_behind(cast, labs):
    _then, moment = sealed()
    with past.seen(moment, "export_lab_result"):
        pass
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relpersistence = 't'")
        assert cursor.fetchone() == (0,)


# --- temporary tables and the functions of the owner ----------------------------------------------
def test_no_function_of_ours_looks_at_temporary_tables_first(django_db_blocker):
    """A temporary table of the application's must never stand in for a real one where a function
    or a trigger decides: all have a fixed path that ends with pg_temp, or read no table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select p.proname, coalesce((select c from unnest(p.proconfig) c"
            "  where c like 'search_path=%'), '') from pg_proc p"
            " where p.pronamespace = 'public'::regnamespace"
            "   and (p.prosecdef or p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype))"
        )
        paths = dict(cursor.fetchall())
    assert len(paths) > 10
    wrong = {
        name: path
        for name, path in paths.items()
        if path.replace('"', "") != "search_path=pg_catalog, public, pg_temp"
    }
    assert wrong == {}


def test_a_temporary_table_takes_nobody_in(cast, labs):
    """The trail goes on in the real table though a temporary one has its name."""
    before = study.visit_of(labs.there, "D0")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("create temp table audit_event (like public.audit_event) on commit drop")
        cursor.execute("create temp table audit_generation (number int) on commit drop")
        study.enter(labs.there, "D0", {"ALT": "55"}, cast.other_laboratory, reason="typing error")
        cursor.execute("select count(*) from pg_temp.audit_event")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "select count(*) from public.audit_event where visit_id = %s and kind = 'update'"
            " and new ->> 'text' = '55'",
            [before.pk],
        )
        assert cursor.fetchone() == (1,)
