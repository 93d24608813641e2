"""Pages for a person: pay with a card, and pass or fail 3-D Secure."""

from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from deploy.stripe_simulator import money
from deploy.stripe_simulator.errors import StripeError, missing
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.resources import payment_intents, setup_intents
from deploy.stripe_simulator.server import Request, Response
from deploy.stripe_simulator.simulation import Simulation
from deploy.stripe_simulator.work import Work

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #f5f6f8; color: #1a1f36; margin: 0 }}
main {{ max-width: 24rem; margin: 10vh auto; background: #fff; padding: 2rem; border-radius: 12px; box-shadow: 0 2px 12px #0001 }}
h1 {{ font-size: 1.25rem; margin: 0 0 .5rem }} p {{ margin: 0 0 1rem; color: #4f566b }}
label {{ display: block; font-size: .875rem; margin: .75rem 0 .25rem }} .pair {{ display: flex; gap: 1rem }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: .6rem; border: 1px solid #c7cdd8; border-radius: 6px }}
button {{ font: inherit; width: 100%; padding: .7rem; margin-top: 1rem; border: 0; border-radius: 6px; cursor: pointer;
  background: #3056d3; color: #fff }} button.plain {{ background: #e6e8ee; color: #1a1f36 }}
[role=alert] {{ background: #fdecea; color: #8c1d18; padding: .6rem; border-radius: 6px }} small {{ color: #6b7280 }}
</style></head><body><main>{body}<p><small>Simulated payment. No real card is charged.</small></p></main></body></html>"""

CARD_FORM = """<h1>{amount}</h1><p>{description}</p>{alert}<form method="post">
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" value="4242 4242 4242 4242" required autofocus>
<div class="pair"><div><label for="expiry">Expiry (MM/YY)</label>
<input id="expiry" name="expiry" placeholder="MM/YY" autocomplete="cc-exp" value="12/34" required></div>
<div><label for="cvc">CVC</label><input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" value="123" required></div></div>
<button>Pay</button></form>"""

CHALLENGE = """<h1>Your bank asks: is this you?</h1><p>{amount}</p><form method="post">
<button name="outcome" value="succeed">Complete authentication</button>
<button class="plain" name="outcome" value="fail">Fail authentication</button></form>"""


class Hosted:
    """`/_sim/pay/{client_secret}?return_url=…` and `/_sim/authenticate/{intent}?client_secret=…`."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def answer(self, request: Request) -> Response:
        _, _, verb, subject = request.path.split("/", 3)
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        secret = subject if verb == "pay" else query.get("client_secret", "")
        work, intent = self._open(secret)
        if verb == "pay":
            return self._pay(request.method, work, intent, form, query)
        return self._challenge(request.method, work, intent, form)

    def _open(self, secret: str) -> tuple[Work, Json]:
        """Who holds the client secret may act on the intent."""
        intent_id = secret.partition("_secret_")[0]
        row = self._simulation.store.rows.get(intent_id)
        if row is None:
            raise missing("intent", intent_id, "client_secret")
        work = self._simulation.begin(row.account)
        intent = work.tx.find(intent_id) or {}
        if intent.get("client_secret") != secret:
            raise missing("intent", intent_id, "client_secret")
        return work, intent

    def _challenge(self, method: str, work: Work, intent: Json, form: dict[str, str]) -> Response:
        if method == "GET" and intent["status"] == "requires_action":
            return _page("Authentication", CHALLENGE.format(amount=_amount(intent)))
        return_url = work.tx.hidden(intent["id"]).get("return_url")
        if method == "POST":
            resource = setup_intents if intent["object"] == "setup_intent" else payment_intents
            intent = resource.authenticate(work, intent["id"], succeeded=form.get("outcome") == "succeed")
            self._simulation.commit(work)
        return _back(return_url, intent)

    def _pay(self, method: str, work: Work, intent: Json, form: dict[str, str], query: dict[str, str]) -> Response:
        if intent["status"] in ("succeeded", "processing", "requires_capture", "canceled"):
            return _back(query.get("return_url"), intent)
        if method == "GET":
            return _page("Pay", _card_form(intent, ""))
        month, _, year = form.get("expiry", "").partition("/")
        try:
            card = {"number": form.get("number", ""), "exp_month": int(month), "exp_year": int(year), "cvc": form.get("cvc")}
            values: Json = {
                "payment_method_data": {"type": "card", "card": card},
                "return_url": query.get("return_url") or f"{work.settings.base_url}/_sim/pay/{intent['client_secret']}",
            }
            resource = setup_intents if intent["object"] == "setup_intent" else payment_intents
            intent = resource.confirm(work, values, intent["id"])
        except ValueError:
            return _page("Pay", _card_form(intent, "Enter the expiry as MM/YY."))
        except StripeError as refusal:
            if refusal.keep_effects:
                self._simulation.commit(work)
            return _page("Pay", _card_form(intent, refusal.message))
        self._simulation.commit(work)
        if intent["next_action"]:
            return _redirect(intent["next_action"]["redirect_to_url"]["url"])
        return _back(query.get("return_url"), intent)


def _card_form(intent: Json, alert: str) -> str:
    shown = f'<p role="alert">{escape(alert)}</p>' if alert else ""
    return CARD_FORM.format(amount=_amount(intent), description=escape(intent["description"] or ""), alert=shown)


def _amount(intent: Json) -> str:
    if intent["object"] == "setup_intent":
        return "Save a card"
    return f"{money.shown(intent['amount'], intent['currency'])} {intent['currency'].upper()}"


def _back(return_url: str | None, intent: Json) -> Response:
    """To where the buyer came from, as Stripe sends them; without such a place a page that says how it went."""
    status = "succeeded" if intent["status"] in ("succeeded", "requires_capture") else "failed"
    if not return_url or urlsplit(return_url).scheme not in ("http", "https"):
        return _page("Done", f"<h1>{'Paid' if status == 'succeeded' else 'Not paid'}</h1><p>{_amount(intent)}</p>")
    name = intent["object"]
    outcome = {name: intent["id"], f"{name}_client_secret": intent["client_secret"], "redirect_status": status}
    separator = "&" if "?" in return_url else "?"
    return _redirect(f"{return_url}{separator}{urlencode(outcome)}")


def _redirect(url: str) -> Response:
    return Response(303, b"", {"Location": url.replace("\r", "").replace("\n", "")}, "text/plain")


def _page(title: str, body: str) -> Response:
    content = PAGE.format(title=escape(title), body=body)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(200, content.encode(), headers, "text/html; charset=utf-8")
