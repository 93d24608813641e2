"""Customers: who cards are attached to."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.listing import page, search
from deploy.stripe_simulator.resources import payment_methods
from deploy.stripe_simulator.resources.fields import address, assign, merged
from deploy.stripe_simulator.work import Work

KIND = "customer"
URL = "/v1/customers"
PLAIN = ("description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt", "business_name")


def create(work: Work, values: Json) -> Json:
    customer: Json = {
        "id": ids.mint(KIND, 14),
        "object": KIND,
        "address": address(values.get("address") or None),
        "balance": values.get("balance", 0),
        "created": work.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": ids.letters(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, values.get("metadata", {})),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    assign(customer, {name: values[name] for name in PLAIN if name in values}, PLAIN)
    work.put(customer)
    if token := values.get("payment_method"):
        payment_methods.attach_to(work, payment_methods.resolve(work, token), customer["id"])
    _set_default_payment_method(work, customer, values)
    work.put(customer)
    work.emit("customer.created", customer)
    return customer


def retrieve(work: Work, values: Json, customer_id: str) -> Json:
    if (found := work.tx.find(customer_id)) and found.get("deleted"):
        return found
    return work.tx.get(KIND, customer_id, "customer")


def update(work: Work, values: Json, customer_id: str) -> Json:
    customer = work.tx.get(KIND, customer_id, "customer")
    before = assign(customer, values, (*PLAIN, "balance"))
    if "address" in values:
        before["address"] = customer["address"]
        customer["address"] = address(values["address"] or None)
    _set_default_payment_method(work, customer, values)
    work.put(customer)
    work.emit("customer.updated", customer, before)
    return customer


def delete(work: Work, values: Json, customer_id: str) -> Json:
    customer = work.tx.get(KIND, customer_id, "customer")
    gone: Json = {"id": customer_id, "object": KIND, "deleted": True}
    work.tx.put(gone, kind="sim.deleted")
    work.emit("customer.deleted", customer)
    return gone


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


def find(work: Work, values: Json) -> Json:
    return search(work, KIND, f"{URL}/search", values)


def _set_default_payment_method(work: Work, customer: Json, values: Json) -> None:
    settings = values.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        method = settings["default_payment_method"] or None
        if method:
            work.tx.get("payment_method", method, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = method


ROUTES = {
    "POST /v1/customers": create,
    "GET /v1/customers": list_all,
    "GET /v1/customers/search": find,
    "GET /v1/customers/{customer}": retrieve,
    "POST /v1/customers/{customer}": update,
    "DELETE /v1/customers/{customer}": delete,
}
