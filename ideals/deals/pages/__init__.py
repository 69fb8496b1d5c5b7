"""Deals on pages."""
