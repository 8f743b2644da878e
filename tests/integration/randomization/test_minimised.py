"""The database and the pure module minimise alike, over whatever has gone before."""

import json
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from randomization.minimisation import Counts, Scheme, decide

CONTEXT = json.dumps(dict.fromkeys(("actor", "role", "site", "request", "reason"), "test"))
SITES, GROUPS = ("01", "02", "03"), ("naive", "treated")
people = st.fixed_dictionaries({"site": st.sampled_from(SITES), "group": st.sampled_from(GROUPS)})


@st.composite
def schemes(draw):
    weights = {"site": draw(st.integers(1, 5)), "group": draw(st.integers(1, 5))}
    if draw(st.booleans()):
        del weights["site"]
    return Scheme(("A", "B"), weights, Fraction(draw(st.integers(50, 100)), 100))


def stored(cursor, scheme, history):
    """A list of this scheme with everybody of `history` allocated, in the open transaction."""
    cursor.execute("select set_config('app.context', %s, true)", [CONTEXT])
    design = {"arms": scheme.arms, "weights": scheme.weights,
              "preferred": int(scheme.preferred * 10_000)}  # fmt: skip
    cursor.execute(
        "insert into sealed.list (method, algorithm, design, salt, checksum, commitment, slots,"
        " strata, made_by) values ('minimisation', 'x', %s, %s, '', %s, 1, '{all}', 'test')"
        " returning id",
        [json.dumps(design), bytes(32), "0" * 64],
    )
    (pk,) = cursor.fetchone()
    cursor.execute("insert into sealed.stratum values (%s, 'all')", [pk])
    for number, (levels, arm) in enumerate(history, start=1):
        cursor.execute(
            "insert into sealed.slot (list_id, stratum, number, arm, draw, levels, participant_id,"
            " taken_at) values (%s, 'all', %s, %s, 0, %s, %s, now())",
            [pk, number, arm, json.dumps(levels), number],
        )
    cursor.execute(  # one that is free does not count
        "insert into sealed.slot (list_id, stratum, number, draw) values (%s, 'all', 999, 0)", [pk]
    )
    return pk


@pytest.mark.req("F-020")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    scheme=schemes(),
    history=st.lists(st.tuples(people, st.sampled_from("AB")), max_size=25),
    person=people,
    draws=st.lists(st.integers(0, 9_999), min_size=1, max_size=8),
)
def test_both_give_the_same_arm(admin_connection, scheme, history, person, draws):
    counts = Counts()
    for levels, arm in history:
        counts.add(levels, arm)
    edges = {int(scheme.preferred * 10_000), 10_000 - int(scheme.preferred * 10_000), 5_000}
    tried = [*draws, *(n for edge in edges for n in (edge - 1, edge) if 0 <= n < 10_000)]
    wanted = [decide(scheme, counts.totals, person, draw) for draw in tried]
    with admin_connection.cursor() as cursor:
        cursor.execute("begin")
        try:
            pk = stored(cursor, scheme, history)
            cursor.execute(
                "select sealed.minimised(l, %s, d.draw) from sealed.list l,"
                " unnest(%s) with ordinality d (draw, place) where l.id = %s order by d.place",
                [json.dumps(person), tried, pk],
            )
            found = [arm for (arm,) in cursor.fetchall()]
        finally:
            cursor.execute("rollback")
    assert found == wanted
