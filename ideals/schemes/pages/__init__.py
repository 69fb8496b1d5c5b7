"""HR's pages about schemes.

A package: `published` shows what is published, `checking` a document that is not yet, `example`
tries a scheme out on made-up facts, `words` tells a scheme in sentences.
"""

from ideals.schemes.pages import checking, published
from ideals.schemes.pages.blueprint import bp

__all__ = ["bp", "checking", "published"]
