"""Individual deals between an employee and the employer, which their manager speaks for.

A *deal* is negotiated in numbered *offers*, which are never edited: to change something is to make
the next one. An offer holds typed *terms*, and what each side gets from it.
"""
