"""The pages of pharmacy and unblinding, below /sealed/."""

from django.urls import include, path

urlpatterns = [
    path("product/", include("randomization.product_urls")),
    path("lists/", include("randomization.list_urls")),
    path("", include("randomization.unblinding_urls")),
]
