"""Lists: drawn, imported, put in force, followed by another, read, disclosed."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import psycopg2
import pytest
from django.db import DatabaseError, connections, transaction

from patients import services as patients
from randomization import drawfile, listfile
from randomization.blocks import Design
from randomization.minimisation import Scheme
from randomization.models import ListCommitment
from randomization.replay import Disclosed, check
from randomization.sealed.list_plan import plan_now
from randomization.sealed.list_progress import progress_of, trial_has_ended
from randomization.sealed.list_reading import disclose, read_file
from randomization.sealed.lists import draft_blocks, draft_file, draft_minimisation, put_in_force
from randomization.sealed.models import AllocationList, SealedEvent
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.integration.quality.holding import MANAGER, NOTHING_MISSING
from tests.integration.randomization.unblinding import acting, sealed_session
from trial.access.exceptions import Refused
from trial.audit.models import Event
from trial.audit.records import Place
from trial.quality.models import Scope
from trial.quality.services import holds

ARMS = ("A", "B")
STRATA = ("01-naive", "01-treated", "02-naive", "02-treated")
DESIGN = Design(ARMS, (1, 1), (4, 6), STRATA, 10)
SCHEME = Scheme(ARMS, {"site": 1, "group": 1}, Fraction(4, 5))
WHY = "for the monitoring committee"


def csv(numbers=range(1, 5), stratum="01-naive", arms="ABBA", end="\n"):
    lines = [f"{stratum},{n},{arm}" for n, arm in zip(numbers, arms, strict=False)]
    return end.join(["stratum,number,arm", *lines, ""]).encode()


def take(data, **changes):
    return draft_file(data=data, arms=ARMS, strata=STRATA, by=study.SETUP, **changes)


# --- the statistician's file ----------------------------------------------------------------------
@pytest.mark.req("R-49")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_keeps_its_order_and_comes_out_byte_for_byte(cast, end):
    data = csv(range(1, 13), arms="BBAABABABAAB", end=end)
    made = take(data)
    assert made.checksum == hashlib.sha256(data).hexdigest()
    assert read_file(found=made, reason=WHY, by=study.SETUP) == data


@pytest.mark.req("F-011")
def test_a_file_is_taken_once_whatever_its_line_ends(cast):
    take(csv())
    for again in (csv(), csv(end="\r\n"), csv()[:-1]):
        with pytest.raises(Refused):
            take(again)
    assert AllocationList.objects.count() == 1


@pytest.mark.req("F-011")
def test_a_file_with_one_row_changed_is_another_list_with_another_checksum(cast):
    one, other = take(csv()), take(csv(arms="ABAB"))
    assert one.checksum != other.checksum
    assert one.commitment != other.commitment


@pytest.mark.req("F-011")
@pytest.mark.req("F-012")
@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + csv(), csv(arms="AbBA"), csv(arms="ABΑB"), csv(numbers=(1, 3, 2, 4)),
        csv(numbers=(1, 10, 2, 3)), csv(stratum="03-naive"), csv() + b"01-naive,5,A \n",
    ],
    ids=["BOM", "lower case", "Greek", "order", "as text", "stratum", "blank"],
)  # fmt: skip
def test_of_a_file_that_is_refused_nothing_is_stored(cast, data):
    with pytest.raises(listfile.ListFileError):
        take(data)
    assert not AllocationList.objects.exists()
    assert not SealedEvent.objects.exists()


@pytest.mark.req("R-49")
def test_allocation_follows_the_file_line_by_line(cast, arms):
    lines = "ABBABAABBABA"  # "10" stands after "9", not after "1"
    put_in_force(found=take(csv(range(1, 13), arms=lines)), by=study.SETUP)
    stocked(cast.site, {"A": 12, "B": 12})
    for _n in range(12):
        randomised(ready(cast.site), cast.investigator)
    assert "".join(row[3] for row in arms()) == lines


# --- seeds ----------------------------------------------------------------------------------------
@pytest.mark.req("F-020")
def test_two_lists_of_one_design_have_seeds_of_their_own(cast):
    one, other = (draft_blocks(design=DESIGN, by=study.SETUP) for _n in range(2))
    assert one.checksum != other.checksum


@pytest.mark.req("F-020")
@pytest.mark.parametrize("kind", ["blocks", "minimisation"])
def test_a_seed_that_comes_again_is_refused_by_the_database(cast, kind):
    def draw():
        if kind == "blocks":
            return draft_blocks(design=DESIGN, by=study.SETUP, seed=bytes(32))
        return draft_minimisation(scheme=SCHEME, slots=9, by=study.SETUP, seed=bytes(32))

    draw()
    with pytest.raises(DatabaseError, match="list_seed_once"):
        draw()


# --- in force -------------------------------------------------------------------------------------
def test_the_commitment_and_an_act_are_published_and_nothing_secret(cast):
    found = draft_blocks(design=DESIGN, by=study.SETUP)
    put_in_force(found=found, by=study.SETUP)
    published = ListCommitment.objects.get()
    assert published.commitment == found.commitment
    act = Event.objects.get(kind="act:list_committed")
    assert act.record_id == str(published.pk)
    assert act.details == {
        "method": "blocks", "algorithm": "permuted-blocks-1", "commitment": found.commitment,
    }  # fmt: skip
    open_trail = str(list(Event.objects.values_list("new", "old", "details")))
    assert "sizes" not in open_trail
    assert "salt" not in open_trail
    assert "seed" not in open_trail


def test_a_list_is_put_in_force_once(cast):
    found = draft_blocks(design=DESIGN, by=study.SETUP)
    put_in_force(found=found, by=study.SETUP)
    with pytest.raises(Refused):
        put_in_force(found=found, by=study.SETUP)
    assert ListCommitment.objects.count() == 1
    assert Event.objects.filter(kind="act:list_committed").count() == 1


@pytest.fixture
def used(cast):
    """A list of site 01 of which two slots are used."""
    found = list_in_force(cast.site)
    stocked(cast.site, {"A": 9, "B": 9})
    for _n in range(2):
        randomised(ready(cast.site), cast.investigator)
    return found


def test_a_list_that_gives_numbers_again_does_not_take_force(cast, used):
    again = draft_blocks(design=DESIGN, by=study.SETUP)
    with pytest.raises(Refused):
        put_in_force(found=again, by=study.SETUP)
    used.refresh_from_db()
    assert used.state == "active"


def test_a_list_that_counts_on_takes_over(cast, used):
    plan = plan_now()
    slots = {one.code: one.slots for one in progress_of([used.pk])[used.pk]}
    assert plan.first == {code: slots.get(code, 0) + 1 for code in STRATA}
    design = Design(ARMS, (1, 1), (4, 6), STRATA, 10, tuple(plan.first.values()))
    put_in_force(found=draft_blocks(design=design, by=study.SETUP), by=study.SETUP)
    allocation = randomised(ready(cast.site), cast.investigator)
    assert allocation.slot == slots["01-naive"] + 1


def test_a_file_that_follows_a_list_begins_where_it_ends(cast, used):
    first = plan_now().first
    with pytest.raises(listfile.ListFileError):
        take(csv(), first=first)
    start = first["01-naive"]
    assert take(csv(range(start, start + 4)), first=first).slots == 4


def test_minimisation_counts_on_from_every_stratum_and_blocks_from_it(cast, used):
    low = draft_minimisation(scheme=SCHEME, slots=20, by=study.SETUP)
    with pytest.raises(Refused):
        put_in_force(found=low, by=study.SETUP)
    first = plan_now().reached.first_everywhere
    assert first == max(one.slots for one in progress_of([used.pk])[used.pk]) + 1
    high = draft_minimisation(scheme=SCHEME, slots=20, first=first, by=study.SETUP)
    put_in_force(found=high, by=study.SETUP)
    assert randomised(ready(cast.site), cast.investigator).slot == first
    assert set(plan_now().first.values()) == {first + 20}
    below = draft_blocks(design=DESIGN, by=study.SETUP)
    with pytest.raises(Refused):
        put_in_force(found=below, by=study.SETUP)


# --- reading --------------------------------------------------------------------------------------
@pytest.mark.req("R-17")
def test_who_reads_and_why_is_kept_even_where_the_reading_is_undone(cast, used, admin_connection):
    with transaction.atomic():
        read_file(found=used, reason=WHY, by=study.SETUP)
        transaction.set_rollback(True)
    with admin_connection.cursor() as cursor:
        cursor.execute("select kind, list_id, reason, asked_by, read_at is null from sealed.access")
        assert cursor.fetchall() == [("list", used.pk, WHY, study.SETUP.name, False)]


@pytest.mark.parametrize("reason", ["", "too short", "          x"])
def test_without_a_reason_nothing_is_read(cast, used, reason, admin_connection):
    with pytest.raises(Refused):
        read_file(found=used, reason=reason, by=study.SETUP)
    with admin_connection.cursor() as cursor:
        cursor.execute("select count(*) from sealed.access")
        assert cursor.fetchone() == (0,)


@pytest.mark.req("F-020")
def test_a_minimisation_is_read_with_its_draws_and_can_be_replayed(cast, admin_connection):
    found = draft_minimisation(scheme=SCHEME, slots=20, by=study.SETUP)
    put_in_force(found=found, by=study.SETUP)
    stocked(cast.site, {"A": 20, "B": 20})
    for _n in range(8):
        randomised(ready(cast.site), cast.investigator)
    data = read_file(found=found, reason=WHY, by=study.SETUP)
    draws = drawfile.read(data)
    assert len(draws) == 20
    assert [draw.levels for draw in draws[:8]] == [{"site": "01", "group": "naive"}] * 8
    assert not any(draw.arm for draw in draws[8:])
    with admin_connection.cursor() as cursor:
        cursor.execute("select salt, seed from sealed.list where id = %s", [found.pk])
        salt, seed = (bytes(one) for one in cursor.fetchone())
    design = {"algorithm": found.algorithm, **found.design}
    findings = check(data, Disclosed(salt, found.commitment, seed, design))
    assert [finding.ok for finding in findings] == [True, True, True]


# --- disclosure -----------------------------------------------------------------------------------
def end_of(cast, person):
    patients.withdraw(
        participant=person, on=cast.site.today(), reason="the study is over", by=study.SETUP
    )


def lock_study():
    holds.lock(
        scope=Scope.STUDY, place=Place(0), reason="database closed", by=MANAGER,
        missing=NOTHING_MISSING,
    )  # fmt: skip


@pytest.mark.req("R-49")
def test_salt_and_seed_come_out_after_the_trial_and_prove_the_list(cast):
    found = list_in_force(cast.site)
    stocked(cast.site, {"A": 3, "B": 3})
    person = ready(cast.site)
    randomised(person, cast.investigator)
    with pytest.raises(Refused):
        disclose(found=found, reason=WHY, by=study.SETUP)
    person.refresh_from_db()
    end_of(cast, person)
    assert not trial_has_ended()  # it is not locked
    with pytest.raises(Refused):
        disclose(found=found, reason=WHY, by=study.SETUP)
    lock_study()
    opened = disclose(found=found, reason=WHY, by=study.SETUP)
    data = read_file(found=found, reason=WHY, by=study.SETUP)
    design = {"algorithm": found.algorithm, **found.design}
    given = Disclosed(
        bytes.fromhex(opened.salt), ListCommitment.objects.get().commitment,
        bytes.fromhex(opened.seed), design,
    )  # fmt: skip
    assert [finding.ok for finding in check(data, given)] == [True, True]


def test_while_somebody_is_in_the_study_a_lock_is_not_enough(cast):
    found = list_in_force(cast.site)
    ready(cast.site)
    lock_study()
    with pytest.raises(Refused):
        disclose(found=found, reason=WHY, by=study.SETUP)


def test_a_draft_has_nothing_to_disclose(cast):
    found = draft_blocks(design=DESIGN, by=study.SETUP)
    lock_study()
    with pytest.raises(Refused):
        disclose(found=found, reason=WHY, by=study.SETUP)


def waits_for_a_lock(cursor):
    """Whether somebody with the sealed login waits for what another transaction holds."""
    cursor.execute(
        "select count(*) from pg_stat_activity where usename = 'ct_sealed'"
        " and datname = current_database() and wait_event_type = 'Lock'"
    )
    return cursor.fetchone() != (0,)


@pytest.mark.req("F-002")
def test_a_list_that_follows_waits_for_who_is_being_randomised(cast, as_web, admin_connection):
    """It begins with a number that is being given at this moment, and so is refused."""
    list_in_force(cast.site)
    person = ready(cast.site)
    stocked(cast.site, {"A": 1, "B": 1})
    follows = draft_blocks(design=DESIGN, by=study.SETUP)
    acting(as_web, cast.investigator)
    as_web.execute("select sealed.allocate(%s, '01-naive', '{}', 1, now())", [person.pk])

    def put():
        try:
            put_in_force(found=follows, by=study.SETUP)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, admin_connection.cursor() as cursor:
        putting = pool.submit(put)
        while not (putting.done() or waits_for_a_lock(cursor)):
            pass
        as_web.execute("commit")
        with pytest.raises(Refused):
            putting.result()
    assert ListCommitment.objects.count() == 1


# --- rights ---------------------------------------------------------------------------------------
SECRETS = (
    "select sealed.reached()", "select sealed.ended()", "select sealed.disclose(1)",
    "select sealed.read_list(1)", "select sealed.activate(1, 'x')", "select sealed.progress(1)",
    "select sealed.minimised(null, '{}', 1)", "select * from sealed.list",
    "select * from sealed.slot", "select * from sealed.stratum", "select * from sealed.access",
    "select * from sealed.event",
)  # fmt: skip


@pytest.mark.parametrize("statement", SECRETS)
def test_the_login_of_the_web_can_neither_call_nor_read_any_of_it(cast, as_web, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_web.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select seed from sealed.list", "select salt from sealed.list",
        "select arm from sealed.slot",
        "update sealed.list set state = 'active'", "update sealed.slot set arm = 'A'",
        "delete from sealed.slot", "select sealed.wish(1, 'list')",
    ],
)  # fmt: skip
def test_the_sealed_login_reads_no_slot_and_no_secret_and_changes_nothing(cast, statement):
    with pytest.raises(DatabaseError), connections["sealed"].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.req("R-49")
def test_a_list_in_force_gets_no_further_slot(cast):
    """Not even from the login that makes lists: what was committed to stays what it is."""
    found = list_in_force(cast.site)
    with sealed_session() as cursor:
        acting(cursor, cast.statistician)
        with pytest.raises(psycopg2.Error, match="a list is made at once"):
            cursor.execute(
                "insert into sealed.slot (list_id, stratum, number, arm)"
                " values (%s, '01-naive', 9999, 'A')",
                [found.pk],
            )


@pytest.mark.req("R-17")
@pytest.mark.parametrize("function", ["read_list", "disclose"])
def test_nobody_reads_a_list_on_somebody_elses_request(cast, function):
    found = list_in_force(cast.site)
    with sealed_session() as cursor:
        acting(cursor, cast.statistician)
        cursor.execute(
            "insert into sealed.access (kind, list_id, reason, asked_by, asked_by_id)"
            " values ('list', %s, 'wants to read it', 'statistician', %s) returning id",
            [found.pk, cast.statistician.pk],
        )
        request = cursor.fetchone()
        cursor.execute("commit")
        acting(cursor, cast.pharmacist)
        with pytest.raises(psycopg2.Error) as refused:
            cursor.execute(f"select sealed.{function}(%s)", request)
    assert refused.value.pgcode == "SE024"


@pytest.mark.req("R-17")
def test_no_arm_of_a_slot_stands_in_what_the_sealed_login_reads_of_the_trail(cast, used):
    tables = set(SealedEvent.objects.values_list("table_name", flat=True))
    assert {"list", "stratum", "lot"} <= tables
    assert "slot" not in tables


def test_the_sealed_trail_is_whole_to_who_may_not_read_all_of_it(cast, used):
    with connections["sealed"].cursor() as cursor:
        cursor.execute("select sealed.seal_now()")
        cursor.execute("select * from sealed.verify()")
        assert cursor.fetchall() == []
