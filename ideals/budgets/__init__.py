"""Budgets: what the scheme says each employee must have had, and the runs that bring it about.

A *run* is for one scheme and month. It computes what should have been allocated and posts the
difference with what has been. *Round* 1 exists once; repeating is a further round. A *look* is a
run that posts nothing. A *chunk* is the part of a run that one task does in one transaction.
"""
