"""Payroll: what became of budgets in a sealed month, as a payroll office needs it.

A *batch* is a sealed month: one *line* per employee and payroll code, made from sealed rows alone
and never changed, so that it is the same bytes whenever it is exported. What a row of the ledger is
to payroll is its *kind* (paid out, kept back, bought ...) and its *item* (the product or reason);
HR keeps which *code* each has. A *refusal* is a line that payroll sent back. A *bonus* is beside
the budget and has nothing to do with the ledger.
"""
