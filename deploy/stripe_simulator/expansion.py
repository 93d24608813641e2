"""`expand[]`: put whole objects where ids stand, at most four levels deep."""

from pathlib import Path
from typing import Any

import orjson

from deploy.stripe_simulator.errors import StripeError, invalid
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.store import Transaction, listed

CONTRACT = Path(__file__).parent / "contract" / "expansions.json"
MAX_LEVELS = 4


class Expansion:
    """Knows which fields of which object may be expanded."""

    def __init__(self) -> None:
        content: dict[str, list[str]] = orjson.loads(CONTRACT.read_bytes())
        self._allowed = {kind: frozenset(paths) for kind, paths in content.items()}

    def expand(self, answer: Json, paths: list[str], tx: Transaction) -> Json:
        """Change `answer` in place and return it; an unknown path is a 400."""
        for path in paths:
            steps = path.split(".")
            if answer.get("object") in ("list", "search_result"):
                if steps.pop(0) != "data" or not steps:
                    raise _not_expandable(path)
                for member in answer["data"]:
                    self._expand(member, steps, path, tx)
            else:
                self._expand(answer, steps, path, tx)
        return answer

    def _expand(self, value: Json, steps: list[str], whole: str, tx: Transaction) -> None:
        if len(steps) > MAX_LEVELS:
            raise invalid(f"You cannot expand more than {MAX_LEVELS} levels of a property ({whole}).", param="expand")
        allowed = self._allowed.get(value.get("object", ""), frozenset())
        holder, taken = value, ""
        for position, step in enumerate(steps):
            taken = f"{taken}.{step}" if taken else step
            if taken in allowed:
                self._replace(holder, step, value, tx)
                self._descend(holder.get(step), steps[position + 1 :], whole, tx)
                return
            inner = holder.get(step)
            if not any(path.startswith(taken + ".") for path in allowed):
                raise _not_expandable(whole)
            if not isinstance(inner, dict):
                return
            holder = inner
        raise _not_expandable(whole)

    def _replace(self, holder: Json, field: str, owner: Json, tx: Transaction) -> None:
        if (owner.get("object"), field) == ("charge", "refunds"):
            refunds = [tx.find(refund) or {} for refund in reversed(tx.ids("refund", "charge", owner["id"]))]
            holder[field] = listed(refunds[:10], f"/v1/charges/{owner['id']}/refunds", has_more=len(refunds) > 10)
        elif isinstance(identifier := holder.get(field), str):
            holder[field] = tx.find(identifier) or identifier

    def _descend(self, value: Any, steps: list[str], whole: str, tx: Transaction) -> None:
        if not steps or not isinstance(value, dict):
            return
        if value.get("object") != "list":
            self._expand(value, steps, whole, tx)
            return
        for member in value["data"]:
            self._expand(member, steps[1:], whole, tx)


def _not_expandable(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
