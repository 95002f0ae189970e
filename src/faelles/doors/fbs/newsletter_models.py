"""What is answered about newsletters (see models.py)."""

from msgspec import Struct


class NewsletterChoice(Struct, frozen=True, kw_only=True):
    """A tag, or an interest of a category."""

    id: str
    name: str


class NewsletterGroupCategory(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    interests: tuple[NewsletterChoice, ...]


class Newsletter(Struct, frozen=True, kw_only=True):
    list_id: str
    name: str
    tags: tuple[NewsletterChoice, ...]
    interest_categories: tuple[NewsletterGroupCategory, ...]
