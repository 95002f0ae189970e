"""The demonstration's self-check and sorter in an agency, with secrets that can be told again at every start."""

from faelles.demo.model import MachineSample
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId
from faelles.people.attempts import Realm, identifier_hash, note_success
from faelles.people.machines import store
from faelles.people.machines.model import Machine, MachineChange, NewMachine
from faelles.people.machines.operations import change_machine, create_machine, list_machines
from faelles.people.machines.terminal import Alert, PinRule, SortRule
from faelles.people.model import MachineKind, system_caller
from faelles.people.terminals.model import ProfileChange
from faelles.people.terminals.operations import change_profile

_AT_A_TIME = 200


async def self_check(tx: Transaction, keyring: Keyring, branch: BranchId) -> MachineSample:
    """It asks for no PIN, so that any client can be tried on it; a PIN that is sent must be right all the same."""
    new = NewMachine(username="demo-automat", kind=MachineKind.SELF_CHECK, name="Demoautomat", branch=branch)
    return await _machine(tx, keyring, new, ProfileChange(pin=PinRule.WHEN_GIVEN))


async def sorter(tx: Transaction, keyring: Keyring, branch: BranchId) -> MachineSample:
    """It sorts into what stays, what waits for somebody, what is sent on, and what somebody must look at."""
    new = NewMachine(username="demo-sortering", kind=MachineKind.SORTER, name="Demosortering", branch=branch)
    rules = (
        SortRule(bin="9", alert=Alert.OTHER),
        SortRule(bin="2", alert=Alert.HOLD_HERE),
        SortRule(bin="3", alert=Alert.HOLD_ELSEWHERE),
        SortRule(bin="3", alert=Alert.SEND_ELSEWHERE),
        SortRule(bin="4", alert=Alert.INTERLIBRARY),
    )
    return await _machine(tx, keyring, new, ProfileChange(sorting=rules, default_bin="1"))


async def _machine(
    tx: Transaction, keyring: Keyring, new: NewMachine, change: ProfileChange | None = None
) -> MachineSample:
    """Made where it is missing, as in the data of an earlier release; else put back to what is written down: in its
    branch, with its secret, and not locked by whoever guessed at it.
    """
    caller, username = system_caller(tx.agency), await store.username_prefix(tx) + new.username
    known = await _known(tx, username)
    if known is None:
        machine = (await create_machine(tx, caller, new)).id
    else:
        machine = known.id
        if known.disabled_at is not None or known.branch != new.branch:
            await change_machine(tx, caller, machine, MachineChange(branch=new.branch, is_disabled=False))
    if change is not None:
        await change_profile(tx, caller, machine, change)
    password = f"sip2-{username.rpartition('.')[0].removeprefix('dk-')}-{new.username}"
    await store.replace_machine_secret(tx, machine, secret_hash(password))
    await note_success(tx, identifier_hash(keyring, tx.agency, Realm.MACHINE, username))
    return MachineSample(username=username, password=password)


async def _known(tx: Transaction, username: str) -> Machine | None:
    after = 0
    while page := await list_machines(tx, system_caller(tx.agency), after=after, limit=_AT_A_TIME):
        for machine in page:
            if machine.username == username:
                return machine
        after = page[-1].id
    return None
