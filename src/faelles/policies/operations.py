"""What can be done with rules: ask them, explain them, try them out, change them.

A rule is never edited. Setting one ends what stood in its cell and starts a new period in the same transaction, so
yesterday can be explained; whoever decides reads the settings' revision first, so tomorrow begins at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from faelles.agencies.directory import load_directory
from faelles.ground import events
from faelles.ground.database import Transaction
from faelles.ground.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    invalid_field,
)
from faelles.ground.ids import MaterialGroupId, PatronGroupId, RuleId
from faelles.people.model import Caller, Permission
from faelles.policies import changes, making, places, rules, shown, store
from faelles.policies.access import require_reach
from faelles.policies.compiled import CompiledPolicy, Drafted, Settings, SettingsCache
from faelles.policies.events import cells_allowed, rule_ended, rule_set
from faelles.policies.groups.model import tree_of
from faelles.policies.knobs import KNOBS
from faelles.policies.model import NATION_NODE, Rule, Scope, ScopeNode, SettingsRevision, Subject
from faelles.policies.requests import (
    AllowCells,
    CellsAllowed,
    EndRule,
    Explain,
    ExplainAt,
    ExplanationShown,
    KnobShown,
    ListRules,
    RuleRecord,
    SetRule,
    Simulate,
    SubjectDifferences,
)

KEPT_BACK: Final = timedelta(days=400)
"""How long ended rules stay in the compiled policy: as far back as a loan or a return can be dated."""
_LOADS: Final = 5
"""How often settings are read again when they change while they are being read."""

_cache = SettingsCache()


async def settings_for(tx: Transaction, revision: SettingsRevision) -> Settings:
    """The settings of the transaction's agency. `revision` must have been read in this very transaction; settings that
    have changed since are given as they are now.
    """
    kept = _cache.get(tx.agency, revision)
    if kept is not None:
        return kept
    for _ in range(_LOADS):
        stored, settings = await _load(tx)
        if await store.read_revision(tx) == settings.revision:
            if not stored.is_uncommitted:
                _cache.keep(settings)
            return settings
    return settings


async def current_settings(tx: Transaction) -> Settings:
    """As `settings_for`, for operations that have no load of their own to read the revision in."""
    return await settings_for(tx, await store.read_revision(tx))


async def _load(tx: Transaction) -> tuple[store.StoredPolicy, Settings]:
    since = tx.now - KEPT_BACK
    stored = await store.load_policy(tx, since=since)
    settings = Settings(
        revision=stored.revision,
        policy=_compile(stored, since),
        directory=await load_directory(tx),
        patron_groups={PatronGroupId(group.id): group for group in stored.patron_groups},
        material_groups={MaterialGroupId(group.id): group for group in stored.material_groups},
    )
    return stored, settings


def _compile(stored: store.StoredPolicy, since: datetime | None) -> CompiledPolicy:
    trees = rules.Trees(tree_of(stored.patron_groups), tree_of(stored.material_groups))
    return CompiledPolicy(stored.rules, stored.ceilings, trees, since)


# -- Asking


async def list_knobs(tx: Transaction, caller: Caller) -> list[KnobShown]:
    """Every knob there is, with its title in the caller's language and the ceiling in force."""
    caller.require(Permission.POLICY_VIEW)
    table = (await current_settings(tx)).policy.table(tx.now)
    return [shown.knob_shown(knob, table.ceilings.get(knob.name), caller.language) for knob in KNOBS.values()]


async def list_rules(tx: Transaction, caller: Caller, request: ListRules) -> list[RuleRecord]:
    """The agency's rules and the nation's, by id; go on after the last one's."""
    caller.require(Permission.POLICY_VIEW)
    return await store.list_rules(tx, request.filter, after=RuleId(request.after), limit=request.limit, moment=tx.now)


async def explain(tx: Transaction, caller: Caller, request: Explain) -> list[ExplanationShown]:
    """For each knob: the value, the rule that won, and those that lost, with the reason."""
    caller.require(Permission.POLICY_VIEW)
    settings = await current_settings(tx)
    subject = places.subject_at(settings, request.coordinates)
    moment = request.at or tx.now
    policy = await _policy_at(tx, settings, moment)
    return _explained(policy.table(moment), subject, request.knobs, shown.Names(settings, caller.language))


async def explain_at(tx: Transaction, caller: Caller, request: ExplainAt) -> list[ExplanationShown]:
    """As `explain`, for whatever is asked at one place of the tree: what a rule set there would compete with."""
    caller.require(Permission.POLICY_VIEW)
    settings = await current_settings(tx)
    places.require_groups(settings, request.patron_group, request.material_group)
    is_nation = request.scope is Scope.NATION
    node = NATION_NODE if is_nation else making.node(tx.agency, request.scope, request.scope_id)
    path = places.path_to(settings.directory, node)
    subject = Subject(
        item=path,
        patron=path,
        desk=path,
        patron_group=PatronGroupId(request.patron_group),
        material_group=MaterialGroupId(request.material_group),
        loan_kind=request.loan_kind,
    )
    names = shown.Names(settings, caller.language)
    return _explained(settings.policy.table(tx.now), subject, request.knobs, names)


def _explained(
    table: rules.RuleTable, subject: Subject, knobs: Sequence[str], names: shown.Names
) -> list[ExplanationShown]:
    """The knobs that are named, or all of them."""
    return [shown.explanation_shown(rules.explain(table, subject, making.knob(name)), names) for name in knobs or KNOBS]


async def simulate(tx: Transaction, caller: Caller, request: Simulate) -> list[SubjectDifferences]:
    """What the drafts would change for each subject. The same resolution as ever, over the rules with the drafts in."""
    tables = await drafted(tx, caller, request.drafts, request.at)
    names = shown.Names(tables.settings, caller.language)
    return [
        SubjectDifferences(
            coordinates=coordinates,
            differences=[
                shown.difference_shown(difference, names)
                for difference in rules.differences(
                    tables.before, tables.after, places.subject_at(tables.settings, coordinates)
                )
            ],
        )
        for coordinates in request.subjects
    ]


async def drafted(tx: Transaction, caller: Caller, drafts: Sequence[SetRule], at: datetime | None) -> Drafted:
    """The rules without and with the drafts, at a moment or (None) once all of them hold. Nothing is written."""
    caller.require(Permission.POLICY_VIEW)
    settings = await current_settings(tx)
    checked = [making.checked(making.draft(tx.agency, draft, tx.now), settings, tx.now) for draft in drafts]
    now = settings.policy
    then = CompiledPolicy(changes.with_drafts(now.rules, checked), now.ceilings, now.trees, now.since)
    moment = at or max(tx.now, *(draft.valid_from or tx.now for draft in checked))
    return Drafted(settings, now.table(moment), then.table(moment))


# -- Changing


async def set_rule(tx: Transaction, caller: Caller, request: SetRule) -> RuleRecord:
    """Give a knob a value in one cell. What the cell says already is not written again.

    Raises NotFoundError for a place or group the agency does not have, InvalidRequestError for what no rule can say,
    RefusedError where a rule above is locked or the national ceiling is passed, ConflictError where somebody has just
    set or has planned another rule for the cell.
    """
    caller.require(Permission.POLICY_EDIT)
    settings = await current_settings(tx)
    draft = making.draft(tx.agency, request, tx.now)
    require_reach(caller, places.path_to(settings.directory, draft.cell.node))
    making.checked(draft, settings, tx.now)
    standing = changes.says_already([rule for rule in settings.policy.rules if rule.cell == draft.cell], draft)
    if standing is not None and standing.id is not None:
        return await _record(tx, standing.id)
    [written] = await _write(tx, settings, [draft], request.reason)
    await events.append(tx, rule_set(written, draft))
    return await _record(tx, written)


async def allow_cells(tx: Transaction, caller: Caller, request: AllowCells) -> CellsAllowed:
    """Say yes or no to lending, reserving and renewing for every pair of the groups, all or nothing."""
    caller.require(Permission.POLICY_EDIT)
    settings = await current_settings(tx)
    node = making.node(tx.agency, request.scope, request.scope_id)
    require_reach(caller, places.path_to(settings.directory, node))
    drafts = [making.checked(draft, settings, tx.now) for draft in making.cell_drafts(request, node, tx.now)]
    cells = changes.by_cell(settings.policy.rules)
    needed = [draft for draft in drafts if changes.says_already(cells.get(draft.cell, ()), draft) is None]
    if needed:
        await _write(tx, settings, needed, request.reason)
        await events.append(tx, cells_allowed(node, len(needed)))
    return CellsAllowed(changed=len(needed), unchanged=len(drafts) - len(needed))


async def end_rule(tx: Transaction, caller: Caller, rule: RuleId, request: EndRule) -> RuleRecord:
    """End a rule now or later; whatever is less specific speaks again. One that has not begun is taken back.

    Raises NotFoundError for a rule of another agency, ForbiddenError for one of the nation's, InvalidRequestError for
    an end in the past, ConflictError for a rule that has ended.
    """
    caller.require(Permission.POLICY_EDIT)
    found = await store.find_rule(tx, rule)
    if found is None:
        raise NotFoundError("rule_unknown", rule=rule)
    if found.agency != tx.agency:
        raise ForbiddenError("rule_is_the_nations", rule=rule)
    settings = await current_settings(tx)
    require_reach(caller, places.path_to(settings.directory, ScopeNode(found.scope, found.scope_id)))
    moment = request.at or tx.now
    if moment < tx.now:
        raise invalid_field("at", "rule_ends_in_the_past")
    if await store.end_rules(tx, [rule], moment) == 0:
        raise ConflictError("rule_already_ended", rule=rule)
    await events.append(tx, rule_ended(found))
    return await _record(tx, rule)


async def _write(tx: Transaction, settings: Settings, drafts: Sequence[Rule], reason: str | None) -> list[RuleId]:
    """End what stands in the drafts' cells, start the drafts, and resume afterwards what they only interrupt.

    The drafts' cells differ. A twin that writes one of them meanwhile is stopped by the constraint one_rule_per_cell.
    """
    cells = changes.by_cell(settings.policy.rules)
    laid = [changes.overlay(cells.get(draft.cell, ()), draft) for draft in drafts]
    for overlay in laid:
        if overlay.in_the_way is not None:
            raise ConflictError("rule_planned_later", rule=overlay.in_the_way.id or 0)
    ended: defaultdict[datetime, list[RuleId]] = defaultdict(list)
    for draft, overlay in zip(drafts, laid, strict=True):
        ended[draft.valid_from or tx.now].extend(overlay.ended)
    for moment, there in ended.items():
        await store.end_rules(tx, there, moment)
    resumed = [rule for overlay in laid for rule in overlay.resumed]
    return (await store.insert_rules(tx, [*drafts, *resumed], reason))[: len(drafts)]


async def _record(tx: Transaction, rule: RuleId) -> RuleRecord:
    record = await store.find_rule(tx, rule)
    if record is None:
        raise NotFoundError("rule_unknown", rule=rule)
    return record


async def _policy_at(tx: Transaction, settings: Settings, moment: datetime) -> CompiledPolicy:
    """The policy in hand, or, for a moment that it no longer reaches back to, one compiled from the whole history."""
    since = settings.policy.since
    if since is None or moment >= since:
        return settings.policy
    return _compile(await store.load_policy(tx, since=None), None)
