"""Plans of communities keep what they may and did in columns of their own, no longer among their measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('plans', sa.Column('across_towns', types.Integer, nullable=False, server_default='0'))
    op.add_column('plans', sa.Column('moved_cells', types.Integer, nullable=True))
    plans = sa.table(
        'plans', sa.column('id', types.String), sa.column('kind', types.String), sa.column('measures', types.Json()),
        sa.column('across_towns', types.Integer), sa.column('moved_cells', types.Integer),
    )
    connection = op.get_bind()
    drawn = connection.execute(sa.select(plans.c.id, plans.c.measures).where(plans.c.kind == 'communities')).all()
    for row in drawn:
        measures = dict(row.measures)
        own = {'across_towns': int(bool(measures.pop('across', False))), 'moved_cells': measures.pop('moved_cells', None)}
        connection.execute(sa.update(plans).where(plans.c.id == row.id).values(measures=measures, **own))
