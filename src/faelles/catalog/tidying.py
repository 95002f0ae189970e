"""Names and titles as people write them, from how an export of danMARC2 spells them. Pure.

An export runs the subfields of an author together: `Juul Hanne f. 1972-06-11 aut` is name (*a, *h), birth (*c) and
function code (*4). It spells the Aa that is filed as Å with a letter of its own (danMARC2 `@å`, Unicode U+A732 and
U+A733), which nobody can type: Jens Sigsgaard writes himself with two a's.
"""

import re
import unicodedata

_FUNCTION = re.compile(
    "adp|aft|ann|ant|arr|art|asn|ard|aud|aui|aus|aut|ccp|cmm|cmp|cnd|cng|com|cre|csl|ctb|cur|dis|drm|drt|dub|edt|fmp"
    "|ill|int|inv|itr|ive|ivr|lbt|led|lyr|mus|nrt|pdr|pht|prd|prf|prg|prm|sad|sng|spk|stl|tch|trl|wit"
)
"""danMARC2 *4. Words that end names of people (`von`, `van`, `der`) are none of them."""
_BIRTH = re.compile(r",? *(\((f|født)\. ?[0-9]{4}(-[0-9]{2}){0,2}\)|\b(f|født)\. ?[0-9]{4}(-[0-9]{2}){0,2})(?=$| )")
_BIG_DOUBLE_A = re.compile("\N{LATIN CAPITAL LETTER AA}")
_SMALL_DOUBLE_A = "\N{LATIN SMALL LETTER AA}"


def plain_text(text: str) -> str:
    """Composed letters (NFC), the letter Aa as two, and no blanks around."""
    composed = unicodedata.normalize("NFC", text).replace(_SMALL_DOUBLE_A, "aa")
    return _BIG_DOUBLE_A.sub(lambda found: _double_a(composed[found.end() : found.end() + 1]), composed).strip()


def plain_creator(text: str) -> str:
    """A creator's name alone; unchanged where nothing would be left of it."""
    name = plain_text(text)
    words = name.split(" ")
    while len(words) > 1 and _FUNCTION.fullmatch(words[-1]):
        words.pop()
    return _BIRTH.sub("", " ".join(words)).strip(" ,") or name


def _double_a(following: str) -> str:
    return "AA" if following.isupper() else "Aa"
