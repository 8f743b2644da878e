"""Participants with their visits, and the work list."""

from django.urls import path

from visits.views import due, enrolment, participants, visits

app_name = "visits"

_ONE = "participants/<str:code>"

urlpatterns = [
    path("participants/", participants.listing, name="participants"),
    path("participants/new/", participants.screen, name="screen"),
    path(f"{_ONE}/enrol/", enrolment.enrol, name="enrol"),
    path(f"{_ONE}/schedule/", enrolment.schedule, name="schedule"),
    path(f"{_ONE}/visits/", visits.listing, name="list"),
    path(f"{_ONE}/visits/unscheduled/", visits.unscheduled, name="unscheduled"),
    path(f"{_ONE}/visits/<str:label>/", visits.detail, name="visit"),
    path(f"{_ONE}/visits/<str:label>/held/", visits.hold, name="hold"),
    path(f"{_ONE}/visits/<str:label>/missed/", visits.miss, name="miss"),
    path("visits/due/", due.due, name="due"),
]
