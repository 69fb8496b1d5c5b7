"""What is left net: Dutch wage tax, and the figures of the law that a shop has to respect.

A *table* is the official way from a gross amount to its tax. The *monthly table* taxes the wage of
one month, in *rows* of 4.50; the *special-reward table* taxes what is paid once, at a percentage
that follows from last year's wage. *Credits* lower the tax, at one employer only. Figures stand in
`data/`, each with its source; what is not there is not known, and is said to be so.
"""
