"""Who gets how much of a country in miniature."""

from collections.abc import Mapping


def shares(total: int, weights: Mapping[str, int], *, fewest: int) -> dict[str, int]:
    """Spread `total` over the names by weight, `fewest` to each first; the sum is `total`, or `fewest` times the names
    where that is more.
    """
    spare = max(total - fewest * len(weights), 0)
    weight = sum(weights.values()) or 1
    parts = {name: spare * each // weight for name, each in weights.items()}
    left = spare - sum(parts.values())
    by_what_was_cut_off = sorted(weights, key=lambda name: (-(spare * weights[name] % weight), name))
    for name in by_what_was_cut_off[:left]:
        parts[name] += 1
    return {name: fewest + part for name, part in parts.items()}
