"""The shop in words, in the reader's language: steps of a price, orders, refusals, notices."""
