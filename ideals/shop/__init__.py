"""Orders from the budget: placed, held, posted, cancelled; and what the shop shows.

An *order* is one purchase. It keeps the price, the steps and the terms of the quote that it took.
"""
