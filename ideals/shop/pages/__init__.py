"""The shop on pages. An employee's: `catalogue`, what there is to choose; `product`, one of it with
what it means; `orders`, one order. `words` says prices, orders, refusals and notices in the
reader's language, `terms` what a product is and on which conditions.
"""

from ideals.shop.pages import catalogue, choices, orders, plan, product

BLUEPRINTS = (catalogue.bp, product.bp, orders.bp, choices.bp, plan.bp)
