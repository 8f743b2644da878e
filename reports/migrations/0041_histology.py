"""Central readings as they are exported: what counts, and single readings once it is settled."""

from django.db import migrations, models

FEATURES = (
    "interface_hepatitis", "plasma_cells", "emperipolesis", "rosettes", "portal_infiltrate",
    "centrilobular", "bile_duct_damage", "granuloma", "copper", "iron", "steatosis",
)  # fmt: skip
_SCORES = ", ".join(
    f"nullif(r.mhai_{letter}, '')::int as mhai_{letter}" for letter in ("a", "b", "c", "d")
)
_FEATURES = ", ".join(f"r.{name}" for name in FEATURES)
_OF = """p.site_id, i.code as site, p.id as participant_id, p.code as participant,
       v.id as visit_id, v.code as visit, v.number as visit_number, b.id as biopsy_id,
       (b.taken_at at time zone i.timezone)::date as taken_on"""
_PLACE = """
join visits_visit v on v.id = b.visit_id
join patients_participant p on p.id = b.participant_id
join access_site i on i.id = p.site_id
"""
_SETTLED = "f.state in ('agreed', 'adjudicated')"
READING = f"""
create view export_histology_reading as
select b.id || '-final' as id, {_OF}, 'final' as reader, f.state,
       case when f.mhai is not null then null
            when f.adequate = false then 'inadequate'
            when f.state = 'adjudicate' then 'adjudicate'
            when {_SETTLED} then 'size_unknown'
            else 'not_read' end as missing,
       a.place::int as source, f.adequate, f.mhai::int as mhai, {_SCORES},
       coalesce(f.outcome, 'not_evaluable') as outcome,
       nullif(f.stage_system, '') as stage_system, f.stage::int as stage, {_FEATURES},
       nullif(r.consensus, '') as consensus, r.submitted_at, f.protocol_version, f.version,
       greatest(b.saved_at, f.saved_at) as changed_at
from visits_biopsy b {_PLACE}
left join visits_finalhistology f on f.biopsy_id = b.id
left join visits_histologyreading s on s.id = f.reading_id
left join visits_readingassignment a on a.id = s.assignment_id
-- Scores and features only where they count: none of a biopsy that is too small.
left join visits_histologyreading r on r.id = f.reading_id and f.mhai is not null
where b.not_done = '' and not b.struck
union all
select b.id || '-' || a.place, {_OF}, a.place::text, f.state, null, null, r.adequate,
       case when r.adequate then r.mhai_a::int + r.mhai_b::int + r.mhai_c::int + r.mhai_d::int end,
       {_SCORES}, null, nullif(r.stage_system, ''),
       coalesce(nullif(r.stage_ishak, ''), nullif(r.stage_metavir, ''))::int, {_FEATURES},
       nullif(r.consensus, ''), r.submitted_at, null, r.number,
       greatest(b.saved_at, f.saved_at, r.submitted_at)
from visits_biopsy b {_PLACE}
join visits_finalhistology f on f.biopsy_id = b.id and {_SETTLED}
join visits_readingassignment a on a.biopsy_id = b.id and a.withdrawn_at is null
join visits_histologyreading r on r.assignment_id = a.id and r.number = (
  select max(n.number) from visits_histologyreading n where n.assignment_id = a.id
)
where b.not_done = '' and not b.struck
"""
RIGHTS = """
revoke all on export_histology_reading from ct_app;
grant select on export_histology_reading to ct_app
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0040_liver"),
        ("visits", "0013_central_reading_history"),
    ]

    operations = [
        migrations.RunSQL(
            f"{READING}; {RIGHTS}",
            "drop view export_histology_reading",
            state_operations=[
                migrations.CreateModel(
                    name="HistologyReadingRow",
                    fields=[("id", models.CharField(max_length=30, primary_key=True))],
                    options={
                        "db_table": "export_histology_reading",
                        "managed": False,
                        "abstract": False,
                    },
                )
            ],
        )
    ]
