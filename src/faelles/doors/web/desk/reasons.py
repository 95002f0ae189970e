"""Whose rule it is that says no: which knob, set for whom and where."""

from collections.abc import Mapping, Sequence

from faelles.circulation.desk.blocks import Block
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.policies.operations import current_settings
from faelles.policies.shown import Names, rule_shown


async def winning_rules(tx: Transaction, blocks: Sequence[Block], language: Language) -> Mapping[int, str]:
    """The rules behind `blocks` in words, by their ids. Reads nothing where no rule is to blame."""
    wanted = {each.rule for each in blocks if each.rule is not None}
    if not wanted:
        return {}
    settings = await current_settings(tx)
    names = Names(settings, language)
    told = {rule.id: (rule.cell.knob, rule_shown(rule, names)) for rule in settings.policy.rules if rule.id in wanted}
    return {
        number: i18n.text(
            "web_winning_rule",
            language,
            {
                "rule": number,
                "knob": i18n.text(f"knob_{knob}", language),
                "borrowers": shown.patron_group_name,
                "materials": shown.material_group_name,
                "place": shown.place,
            },
        )
        for number, (knob, shown) in told.items()
    }
