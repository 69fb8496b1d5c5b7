"""Pages about payroll. `batches`: months, their totals and lines, and what was sent back; `codes`:
the codes HR keeps; `bonuses`: performance bonuses. `words` says it all in the reader's language.
"""

from ideals.payroll.pages import batches, bonuses, codes

BLUEPRINTS = (batches.bp, codes.bp, bonuses.bp)
