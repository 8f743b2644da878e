"""Pages about one participant that need nothing of their visits."""

from django.urls import path

from patients.views import course, screening

app_name = "patients"

urlpatterns = [
    path("<str:code>/screening/", screening.board, name="screening"),
    path("<str:code>/screening/consent/", screening.consent, name="consent"),
    path("<str:code>/screening/criteria/", screening.criteria, name="criteria"),
    path("<str:code>/screening/decision/", screening.preview, name="decision"),
    path("<str:code>/screening/failure/", screening.fail, name="fail"),
    path("<str:code>/details/", course.details, name="details"),
    path("<str:code>/withdraw/", course.withdraw, name="withdraw"),
    path("<str:code>/complete/", course.complete, name="complete"),
]
