"""Commands on the yearly plan."""

from typing import Any

from engine import plans
from engine.commands.transaction import Tx


def load(tx: Tx, plan: dict[str, Any]) -> str:
    """Store a plan with its focus tasks; the same plan again changes nothing. Returns the plan id.

    Raises DefinitionError with every problem of the plan.
    """
    return plans.load_plan(tx.conn, tx.tenant, plan)
