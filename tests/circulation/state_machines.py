"""How a state machine is tried on the real database."""

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION
from faelles.policies.seeds import seed_nation


def try_out(
    machine: type[RuleBasedStateMachine], owner_url: str, keyring: Keyring, *, examples: int, steps: int
) -> None:
    """`examples` lives of `machine`, which finds its database at `url` and has a `keyring`."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_seed(owner_url))
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"url": owner_url, "keyring": keyring}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


async def _seed(owner_url: str) -> None:
    async with open_database(owner_url, connections=1) as database:
        await database.run(NATION, SYSTEM, seed_nation)
