"""Pages that read everything: home, casebook, participant, dashboard, inbox, roles."""

from django.urls import path, re_path

from reports.views import queries, query_acts, verification
from reports.views.dashboard import dashboard
from reports.views.data import data
from reports.views.home import home
from reports.views.inbox import close, inbox
from reports.views.matrix import matrix
from reports.views.participant import participant
from reports.views.roles import roles

app_name = "reports"

urlpatterns = [
    path("", home, name="home"),
    re_path(r"^participants/(?P<code>\d{2}-\d{4,6})/$", participant, name="participant"),
    path("casebook/", matrix, name="matrix"),
    path("data/", data, name="data"),
    path("dashboard/", dashboard, name="dashboard"),
    path("inbox/", inbox, name="inbox"),
    path("inbox/<int:item>/close/", close, name="inbox_close"),
    path("roles/", roles, name="roles"),
    path("queries/", queries.listing, name="queries"),
    path("queries/sites/", queries.metrics, name="query_metrics"),
    path("queries/several/", query_acts.bulk, name="query_bulk"),
    path("queries/raise/<str:kind>/<int:record>/", queries.raise_one, name="query_raise"),
    path("queries/<int:query>/", queries.detail, name="query"),
    path("queries/<int:query>/answer/", query_acts.answer, name="query_answer"),
    path("queries/<int:query>/decide/", query_acts.decide, name="query_decide"),
    path("queries/<int:query>/assign/", query_acts.assign, name="query_assign"),
    path("verification/", verification.listing, name="verification"),
    path("verification/plans/", verification.plans, name="verification_plans"),
    path(
        "verification/<int:verification>/withdraw/",
        verification.withdraw,
        name="verification_withdraw",
    ),
    path(
        "participants/<str:code>/verification/", verification.participant, name="verify_participant"
    ),
    path(
        "participants/<str:code>/visits/<str:label>/verification/",
        verification.visit,
        name="verify_visit",
    ),
    path(
        "participants/<str:code>/verification/queries/", verification.ask, name="verification_ask"
    ),
]
