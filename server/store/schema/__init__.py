"""The tables of Gezhi (SQLAlchemy Core), grouped as the modules of this package are.

There is no table of residents, no name of a reporter and no position of a person over time; a worker has a home
*cell*. A test reads this schema and holds it. Times are ISO 8601 text in UTC, coordinates WGS-84 degrees, geometries
WKB in WGS-84, lengths metres, areas km². Arrays in ``Blob`` columns are little-endian; their dtype is said beside them.
"""

from server.store.schema.city import bases, cell_columns, cities, regions
from server.store.schema.facts import segments
from server.store.schema.ground import (
    barriers,
    buildings,
    camera_proposals,
    camera_states,
    cameras,
    coverage_figures,
    households,
    places,
    roads,
)
from server.store.schema.imports import imports, rejects
from server.store.schema.live import live_incidents
from server.store.schema.nets import net_grids, nets
from server.store.schema.parts import metadata
from server.store.schema.people import centres, workers
from server.store.schema.plans import grid_codes, lineage, plan_edits, plan_grids, plan_notes, plan_steps, plans
from server.store.schema.running import audit, idempotency, jobs, sessions, settings, users

__all__ = [
    "audit",
    "barriers",
    "bases",
    "buildings",
    "camera_proposals",
    "camera_states",
    "cameras",
    "cell_columns",
    "centres",
    "cities",
    "coverage_figures",
    "grid_codes",
    "households",
    "idempotency",
    "imports",
    "jobs",
    "lineage",
    "live_incidents",
    "metadata",
    "net_grids",
    "nets",
    "places",
    "plan_edits",
    "plan_grids",
    "plan_notes",
    "plan_steps",
    "plans",
    "regions",
    "rejects",
    "roads",
    "segments",
    "sessions",
    "settings",
    "users",
    "workers",
]
