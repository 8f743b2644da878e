"""Pages that read everything: home, casebook, participant, dashboard, inbox, roles."""

from django.urls import path, re_path

from reports.views import asked, deviations, holds, signing, verification, verification_work
from reports.views.asked_bulk import bulk
from reports.views.checks import checks
from reports.views.dashboard import dashboard
from reports.views.data import data
from reports.views.history import history
from reports.views.home import home
from reports.views.inbox import close, inbox
from reports.views.matrix import matrix
from reports.views.participant import participant
from reports.views.redactions import ask, decide
from reports.views.redactions import listing as redactions
from reports.views.roles import roles
from reports.views.snapshots import compare, manifest, snapshot
from reports.views.snapshots import listing as snapshots
from reports.views.to_sign import to_sign
from reports.views.trail import accounts, review, reviewed, trail

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
    path("signing/", to_sign, name="to_sign"),
    path("signatures/<int:signature_id>/", signing.signature, name="signature"),
    path("participants/<str:code>/sign/", signing.casebook, name="sign_casebook"),
    path("participants/<str:code>/visits/<str:label>/sign/", signing.visit, name="sign_visit"),
    path("holds/", holds.overview, name="holds"),
    path("holds/place/", holds.place, name="hold_place"),
    path("holds/<int:hold_id>/", holds.detail, name="hold"),
    path("holds/<int:hold_id>/release/", holds.release, name="hold_release"),
    path("holds/<int:hold_id>/ask/", holds.ask, name="hold_ask"),
    path("holds/<int:hold_id>/approve/", holds.approve, name="hold_approve"),
    path("holds/<int:hold_id>/decline/", holds.decline, name="hold_decline"),
    path("history/<slug:kind>/<int:pk>/", history, name="history"),
    path("snapshots/", snapshots, name="snapshots"),
    path("snapshots/compare/", compare, name="compare"),
    path("snapshots/<int:number>/", snapshot, name="snapshot"),
    path("snapshots/<int:number>/manifest.json", manifest, name="manifest"),
    path("trail/", trail, name="trail"),
    path("trail/accounts/", accounts, name="trail_accounts"),
    path("trail/review/", review, name="trail_review"),
    path("trail/review/record/", reviewed, name="trail_reviewed"),
    path("queries/", asked.listing, name="queries"),
    path("queries/by-site/", asked.by_site, name="query_metrics"),
    path("queries/many/", bulk, name="query_bulk"),
    path("queries/checks/", checks, name="checks"),
    path("queries/raise/<slug:kind>/<int:pk>/", asked.ask, name="query_raise"),
    path("queries/<int:query_id>/", asked.detail, name="query"),
    path("queries/<int:query_id>/answer/", asked.answer, name="query_answer"),
    path("queries/<int:query_id>/close/", asked.close, name="query_close"),
    path("queries/<int:query_id>/reopen/", asked.reopen, name="query_reopen"),
    path("queries/<int:query_id>/assign/", asked.assign, name="query_assign"),
    path("deviations/", deviations.listing, name="deviations"),
    path(
        "participants/<str:code>/deviations/dismiss/", deviations.dismiss, name="deviation_dismiss"
    ),
    path("verification/", verification_work.work, name="verification"),
    path("verification/plan/", verification_work.plan, name="verification_plan"),
    path("participants/<str:code>/verification/", verification.verify, name="verify_participant"),
    path(
        "participants/<str:code>/verification/<slug:form>/withdraw/",
        verification.withdraw,
        name="unverify_participant",
    ),
    path(
        "participants/<str:code>/visits/<str:label>/verification/",
        verification.verify,
        name="verify_visit",
    ),
    path(
        "participants/<str:code>/visits/<str:label>/verification/<slug:form>/withdraw/",
        verification.withdraw,
        name="unverify_visit",
    ),
    path("redactions/", redactions, name="redactions"),
    path("redactions/<int:pk>/decide/", decide, name="redaction_decide"),
    path("redactions/<slug:kind>/<int:pk>/<slug:field>/", ask, name="redaction_ask"),
]
