"""Randomisations, bags, infusions and unblindings as they are exported: nothing of an arm.

Nothing here follows the order in which bags were packed: neither their rows' ids nor the times of
their events, which are taken one after the other. Bags that move together have one time.
"""

from django.db import migrations, models

RANDOMISATION = """
create view export_randomisation as
select a.id, p.site_id, i.code as site, p.id as participant_id, p.code as participant, a.number,
       a.stratum, nullif(a.factors ->> 'disease_status', '') as disease_status,
       nullif(a.factors ->> 'group', '') as disease_group,
       nullif(p.disease_status, '') as disease_status_now, a.protocol_version, a.allocated_at,
       greatest(a.allocated_at, c.at) as changed_at
from randomization_allocation a
join patients_participant p on p.id = a.participant_id
join access_site i on i.id = p.site_id
cross join lateral (
  select max(e.at) as at from audit_event e
  where e.table_name = 'patients_participant' and e.record_id = p.id::text and e.kind = 'update'
    and 'disease_status' = any(e.fields)
) c
"""
BAG = """
create view export_bag as
select b.number as id, b.id as bag_id, b.site_id, i.code as site, s.number as shipment, b.state,
       b.expires_at, p.id as participant_id, p.code as participant, v.id as visit_id,
       v.code as visit, v.number as visit_number, b.excursion_open, m.at as moved_at, b.version,
       greatest(s.packed_at, m.at, f.saved_at, x.at) as changed_at
from visits_bag b
join access_site i on i.id = b.site_id
join visits_shipment s on s.id = b.shipment_id
left join visits_bagmovement m on m.bag_id = b.id and m.number = b.version
left join patients_participant p on p.id = b.reserved_for_id
left join visits_visit v on v.id = b.visit_id
-- An infused bag was moved at the start of the infusion, which is told only afterwards.
left join visits_infusion f on f.bag_id = b.id
cross join lateral (
  select max(greatest(o.opened_at, o.judged_at)) as at from visits_excursion o
  where o.bag_id = b.id
) x
"""
_PLACE = """
join visits_visit v on v.id = f.visit_id
join patients_participant p on p.id = v.participant_id
join access_site i on i.id = p.site_id
join visits_bag b on b.id = f.bag_id
"""
_OF = """p.site_id, i.code as site, p.id as participant_id, p.code as participant,
       v.id as visit_id, v.code as visit, v.number as visit_number, b.number as bag"""
INFUSION = f"""
create view export_infusion as
select f.id, {_OF},
       trim_scale(f.weight_kg) as weight_kg, f.weighed_on,
       trim_scale(f.ordered_cells) as ordered_cells, trim_scale(f.ordered_ml) as ordered_ml,
       trim_scale(f.prepared_cells) as prepared_cells, trim_scale(f.prepared_ml) as prepared_ml,
       nullif(f.prepared_grade, '') as prepared_grade, nullif(f.line, '') as line,
       nullif(f.gauge, '') as gauge, nullif(f.filter, '') as filter, f.started as started_at,
       f.ended as ended_at,
       floor(extract(epoch from f.ended - f.started) / 60)::int as duration_minutes,
       trim_scale(f.given_ml) as given_ml, trim_scale(f.given_cells) as given_cells,
       nullif(f.given_grade, '') as given_grade, trim_scale(f.residual_ml) as residual_ml,
       trim_scale(f.flush_ml) as flush_ml, f.stopped_early,
       nullif(f.stop_reason, '') as stop_reason, r.reactions, r.worst_grade, f.version,
       greatest(f.saved_at, r.saved_at) as changed_at
from visits_infusion f {_PLACE}
cross join lateral (
  select count(*) filter (where n.occurred) as reactions, max(n.grade) as worst_grade,
         max(n.saved_at) as saved_at
  from visits_infusionreaction n where n.infusion_id = f.id
) r
"""
VITALS = f"""
create view export_infusion_vitals as
select n.id, {_OF}, f.id as infusion_id,
       n.point, n.measured as measured_at, n.heart_rate, n.systolic, n.diastolic, n.respiration,
       n.oxygen, trim_scale(n.temperature) as temperature, n.version, n.saved_at as changed_at
from visits_infusionvitals n
join visits_infusion f on f.id = n.infusion_id {_PLACE}
"""
REACTION = f"""
create view export_infusion_reaction as
select n.id, {_OF}, f.id as infusion_id,
       n.term, n.occurred, n.onset as onset_at, n.grade, nullif(n.state, '') as state, n.version,
       n.saved_at as changed_at
from visits_infusionreaction n
join visits_infusion f on f.id = n.infusion_id {_PLACE}
"""
UNBLINDING = """
create view export_unblinding as
select u.id, p.site_id, i.code as site, p.id as participant_id, p.code as participant, u.kind,
       u.category, u.learned_on, u.requested_at, u.approved_at, u.read_at,
       greatest(u.requested_at, u.approved_at, u.read_at) as changed_at
from randomization_unblinding u
left join patients_participant p on p.id = u.participant_id
left join access_site i on i.id = p.site_id
"""
_ID = models.BigAutoField(primary_key=True)
VIEWS: dict[str, tuple[str, str, models.Field]] = {
    "export_randomisation": ("RandomisationRow", RANDOMISATION, _ID),
    "export_bag": ("BagRow", BAG, models.CharField(max_length=8, primary_key=True)),
    "export_infusion": ("InfusionRow", INFUSION, _ID),
    "export_infusion_vitals": ("InfusionVitalsRow", VITALS, _ID),
    "export_infusion_reaction": ("InfusionReactionRow", REACTION, _ID),
    "export_unblinding": ("UnblindingRow", UNBLINDING, _ID),
}


def view(table: str, model: str, sql: str, key: models.Field) -> migrations.RunSQL:
    """An unmanaged model and the view behind it; its columns are in reports/models/product.py."""
    rights = f"revoke all on {table} from ct_app; grant select on {table} to ct_app"
    return migrations.RunSQL(
        f"{sql}; {rights}",
        f"drop view {table}",
        state_operations=[
            migrations.CreateModel(
                name=model,
                fields=[("id", key)],
                options={"db_table": table, "managed": False, "abstract": False},
            )
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_subjects"),
        ("patients", "0004_disease_status"),
        ("randomization", "0005_unblinding"),
        ("reports", "0031_queries"),
        ("visits", "0008_temperature"),
    ]

    operations = [view(table, *parts) for table, parts in VIEWS.items()]
