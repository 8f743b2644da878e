"""Addresses of /api/."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from labs.api import LabPanels
from labs.import_api import LabImports
from randomization.api import Allocations
from reports.api import forms, views
from reports.api.docs import docs
from reports.api.trace import Trace
from reports.api.trail import Trail

router = SimpleRouter()
router.register("participants", views.Participants, "participants")
router.register("visits", views.Visits, "visits")
router.register("lab-results", views.LabResults, "lab-results")
router.register("meld-scores", views.MeldScores, "meld-scores")
router.register("response-assessments", views.ResponseAssessments, "response-assessments")
router.register("randomisations", views.Randomisations, "randomisations")
router.register("bags", views.Bags, "bags")
router.register("infusions", views.Infusions, "infusions")
router.register("infusion-vitals", views.InfusionVitals, "infusion-vitals")
router.register("infusion-reactions", views.InfusionReactions, "infusion-reactions")
router.register("histology-readings", views.HistologyReadings, "histology-readings")
router.register("unblindings", views.Unblindings, "unblindings")
router.register("steroid-exposure", views.SteroidExposure, "steroid-exposure")
router.register("lab-toxicity", views.LabToxicity, "lab-toxicity")
router.register("liver-signals", views.LiverSignals, "liver-signals")
router.register("queries", views.Queries, "queries")
router.register("signatures", views.Signatures, "signatures")
router.register("verifications", views.Verifications, "verifications")
router.register("sites", views.Sites, "sites")
for name, view in forms.VIEWS.items():
    router.register(name, view, name)
router.register("trail", Trail, "trail")
router.register("allocations", Allocations, "allocations")
router.register("lab-panels", LabPanels, "lab-panels")
router.register("lab-imports", LabImports, "lab-imports")

app_name = "api"

urlpatterns = [
    path("v1/forms/", forms.Forms.as_view(), name="forms"),
    path("v1/trace/", Trace.as_view(), name="trace"),
    path("v1/", include(router.urls)),
    path("docs/", docs, name="docs"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
