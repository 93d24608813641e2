"""Early fraud warnings: an issuer suspects fraud before anyone disputes."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.work import Work

KIND = "radar.early_fraud_warning"
URL = "/v1/radar/early_fraud_warnings"


def warn(work: Work, charge: str) -> None:
    """What the card with an issuer's fraud record leads to."""
    warning: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "actionable": True,
        "charge": charge,
        "created": work.now(),
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": work.tx.get("charge", charge)["payment_intent"],
    }
    work.put(warning)
    work.emit("radar.early_fraud_warning.created", warning)


def retrieve(work: Work, values: Json, warning_id: str) -> Json:
    return work.tx.get(KIND, warning_id, "early_fraud_warning")


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


ROUTES = {
    "GET /v1/radar/early_fraud_warnings": list_all,
    "GET /v1/radar/early_fraud_warnings/{early_fraud_warning}": retrieve,
}
TASKS = {"warn_of_fraud": warn}
