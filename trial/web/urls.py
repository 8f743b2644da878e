"""Health, language, theme, gallery."""

from django.urls import path

from trial.web import views

app_name = "web"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("alive/", views.alive, name="alive"),
    path("gallery/", views.gallery, name="gallery"),
]
