"""Drawing grids: ``draw`` a new plan, ``rebalance`` the plan in force with the fewest households moved, ``exact``."""

from geo.drawing.engine import draw
from geo.drawing.proving import Exact, exact
from geo.drawing.rebalancing import Handover, Rebalancing, rebalance
from geo.drawing.sweeps import Choice, moves, sweep
from geo.drawing.value import Drawing, Goals

__all__ = [
    "Choice",
    "Drawing",
    "Exact",
    "Goals",
    "Handover",
    "Rebalancing",
    "draw",
    "exact",
    "moves",
    "rebalance",
    "sweep",
]
