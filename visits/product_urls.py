"""Bags and infusions, below /product/."""

from django.urls import path, register_converter

from visits.views import bag_steps, bags, infusion


class BagNumber:
    """Eight digits: a bag in an address."""

    regex = "[0-9]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(BagNumber, "bag")

app_name = "bags"

_BAG = "bags/<bag:number>"
_INFUSION = "infusions/<bag:number>"

urlpatterns = [
    path("", bags.stock, name="stock"),
    path("scan/", bags.scan, name="scan"),
    path("shipments/<int:number>/receive/", bag_steps.receive, name="receive"),
    path(f"{_BAG}/", bags.bag, name="bag"),
    path(f"{_BAG}/issue/", bag_steps.issue, name="issue"),
    path(f"{_BAG}/verify/", bag_steps.verify, name="verify"),
    path(f"{_BAG}/return/", bag_steps.give_back, name="return"),
    path(f"{_BAG}/waste/", bag_steps.waste, name="waste"),
    path(f"{_INFUSION}/", infusion.page, name="infusion"),
    path(f"{_INFUSION}/<slug:section>/", infusion.save, name="infusion_save"),
    path(f"{_INFUSION}/<slug:section>/check/", infusion.check, name="infusion_check"),
]
