"""Notices: what people are told, on their pages and by mail when they want it.

A *notice* tells one person of one thing and where it stands. Its *kind* is registered with the
words for it by the feature that tells it. A *mail* is sent for one notice, or once a day for all
that were not read (a *digest*).
"""
