"""Approvals: decisions that somebody must take, about an order, a piece of evidence, a task.

An *approval* is about a *subject* (`order:<uuid>`), which belongs to a higher feature: that says in
words what it is (`queries.SUBJECTS`), and hears in the same transaction what was decided
(`queries.DECIDED`). A task for HR is an approval of kind `todo`: yes is done, no is not needed.
"""
