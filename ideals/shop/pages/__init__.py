"""The shop on pages. An employee's: `catalogue`, what there is to choose; `product`, one of it with
what it means; `prices`, what it cost and will cost, and why; `orders`, one order; `choices` and
`plan`, what repeats and what is ahead. HR's: `products`, what the schemes sell; `preview`, the shop
as one employee sees it; `evidence`, what waits to be looked at; `months`, the calendar; `closing`,
one month and its close. `words` says prices, orders, refusals and notices in the reader's language,
`steered` what price rules do, `terms` what a product is and on which conditions.
"""

from ideals.shop.pages import (
    catalogue,
    choices,
    closing,
    evidence,
    months,
    orders,
    plan,
    preview,
    prices,
    product,
    products,
)

BLUEPRINTS = (
    catalogue.bp,
    product.bp,
    prices.bp,
    orders.bp,
    choices.bp,
    plan.bp,
    products.bp,
    preview.bp,
    evidence.bp,
    months.bp,
    closing.bp,
)
