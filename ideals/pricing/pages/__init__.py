"""What people read about prices, and HR's pages: rules, indicators, price lists, bounds.

`rules_list` and `rule` show price rules, `writing` is their form (`rule_fields` its data,
`preview` what it would do), `rule_words` says them; `indicators` and `bounds` keep the numbers,
`lists` publishes; `words` is what is said outside of these pages.
"""

from ideals.pricing.pages import bounds, indicators, lists, rule, rules_list, writing
from ideals.pricing.pages.blueprint import bp

__all__ = ["bounds", "bp", "indicators", "lists", "rule", "rules_list", "writing"]
