"""Simulations as people read them."""
