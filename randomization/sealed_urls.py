"""The pages of pharmacy and unblinding, below /sealed/."""

from django.urls import include, path

urlpatterns: list[object] = [path("", include("randomization.unblinding_urls"))]
