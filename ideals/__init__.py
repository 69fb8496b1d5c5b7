"""Ideals: a benefits marketplace and a place to make individual deals."""

__version__ = "0.1.0"
