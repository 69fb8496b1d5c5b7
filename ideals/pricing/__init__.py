"""What something costs one employee now, in steps, and for how long that is promised.

A *quote* is a price with its steps, guaranteed to one employee until a moment. It is used once.
"""
