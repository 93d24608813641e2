"""Which part answers: the API under `/v1`, the control API and the hosted pages under `/_sim`."""

from deploy.stripe_simulator.control import Control
from deploy.stripe_simulator.errors import StripeError, unknown_url
from deploy.stripe_simulator.gateway import Gateway
from deploy.stripe_simulator.hosted import Hosted
from deploy.stripe_simulator.log import log
from deploy.stripe_simulator.server import Cut, Request, Response
from deploy.stripe_simulator.simulation import Simulation


class Application:
    """The one function that the server calls."""

    def __init__(self, simulation: Simulation) -> None:
        self._gateway = Gateway(simulation)
        self._control = Control(simulation)
        self._hosted = Hosted(simulation)

    async def answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/v1/"):
                return await self._gateway.answer(request)
            if request.path.startswith(("/_sim/authenticate/", "/_sim/pay/")):
                return self._hosted.answer(request)
            if request.path.startswith("/_sim/"):
                return self._control.answer(request)
            raise unknown_url(request.method, request.path)
        except StripeError as error:
            return Response(error.status, error.body())
        except Cut:
            raise
        except Exception as failure:  # noqa: BLE001 - a defect here must look like Stripe's own, and be seen in the log.
            log("defect", method=request.method, path=request.path, error=repr(failure))
            return Response(500, StripeError(500, "api_error", f"Simulator defect: {failure!r}").body())
