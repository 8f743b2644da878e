"""Pages of the cell laboratory, below /sealed/product/: for the unblinded pharmacist."""

from django.urls import path

from randomization.views import donors, lots, recall, shipments

app_name = "product"

urlpatterns = [
    path("lots/", lots.listing, name="lots"),
    path("lots/new/", lots.new, name="lot_new"),
    path("lots/<int:pk>/", lots.detail, name="lot"),
    path("lots/<int:pk>/edit/", lots.edit, name="lot_edit"),
    path("lots/<int:pk>/results/", lots.results, name="results"),
    path("lots/<int:pk>/disposition/", lots.disposition, name="disposition"),
    path("lots/<int:pk>/recall/", recall.of_lot, name="recall_lot"),
    path("lots/<int:pk>/withdraw/", recall.withdraw_lot, name="withdraw_lot"),
    path("donors/", donors.listing, name="donors"),
    path("donors/new/", donors.new, name="donor_new"),
    path("donors/<int:pk>/", donors.edit, name="donor"),
    path("donors/<int:pk>/recall/", recall.of_donor, name="recall_donor"),
    path("donors/<int:pk>/withdraw/", recall.withdraw_donor, name="withdraw_donor"),
    path("shipments/", shipments.listing, name="shipments"),
    path("shipments/new/", shipments.new, name="pack"),
    path("shipments/<int:number>/", shipments.detail, name="shipment"),
    path("shipments/<int:number>/labels/", shipments.label_sheet, name="labels"),
    path("shipments/<int:number>/ship/", shipments.ship, name="ship"),
    path("shipments/<int:number>/temperature/", shipments.temperature, name="temperature"),
    path("shipments/<int:number>/judge/", shipments.judge, name="judge"),
]
