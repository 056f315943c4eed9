"""Drawing grids: ``draw`` a new plan, ``rebalance`` the plan in force with the fewest households moved, ``exact``."""

from geo.drawing.engine import draw
from geo.drawing.exact import Exact, exact
from geo.drawing.rebalance import Handover, Rebalancing, rebalance
from geo.drawing.value import Drawing, Goals

__all__ = ["Drawing", "Exact", "Goals", "Handover", "Rebalancing", "draw", "exact", "rebalance"]
