"""Pictures: one function each, of a record; Matplotlib is imported inside (extra: plot).

Every function takes `ax` (default: a new figure) and returns it. Series differ in line style and
marker as well as in colour, so that they read in grey.
"""

from custvalue.plot.clv import by_frequency as by_frequency
from custvalue.plot.clv import tracking as tracking
from custvalue.plot.clv import value_concentration as value_concentration
