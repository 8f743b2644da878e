"""Pages that read everything: home, casebook, participant, dashboard, inbox, roles."""

from django.urls import path, re_path

from reports.views import holds, signing, verification, verification_work
from reports.views.dashboard import dashboard
from reports.views.data import data
from reports.views.home import home
from reports.views.inbox import close, inbox
from reports.views.matrix import matrix
from reports.views.participant import participant
from reports.views.redactions import ask, decide
from reports.views.redactions import listing as redactions
from reports.views.roles import roles
from reports.views.to_sign import to_sign

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
