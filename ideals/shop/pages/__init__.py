"""Pages of the shop.

For HR: `products`: what the schemes sell. `preview`: the shop as an employee sees it. `months`: the
calendar of months.
"""

from ideals.shop.pages.months import bp as months_pages
from ideals.shop.pages.preview import bp as preview_pages
from ideals.shop.pages.products import bp as products_pages

BLUEPRINTS = (products_pages, preview_pages, months_pages)
