"""Pages about budgets. A package: one module for each group of people and its road.

An employee's: `home`; `budget`, a month with each part opening to how it came about; `leave`, by
year of origin; `statement`
and `pdf`, what moved, on the screen and on paper; `year`, what is to come; `replaced`, what it
came in place of. `words` says it all in the reader's language. HR's: `runs`.
"""

from ideals.budgets.pages import budget, home, leave, pdf, replaced, runs, statement, year

BLUEPRINTS = (home.bp, budget.bp, leave.bp, statement.bp, pdf.bp, year.bp, replaced.bp, runs.bp)
