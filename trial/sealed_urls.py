"""The addresses of pharmacy and unblinding: served where the sealed login is, known everywhere.

trial/web/sealed.py makes links to them in processes that do not serve them (docs/adr/0014).
"""

from django.urls import include, path

urlpatterns = [path("sealed/", include("randomization.sealed_urls"))]
