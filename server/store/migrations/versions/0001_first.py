"""The first schema: cities and bases, imports, ground, people at work, plans, accounts, audit, jobs.

Written out in full, so that it stays what it was when the schema moves on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('seq', types.Integer, autoincrement=False, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('actor', types.String, nullable=False),
    sa.Column('action', types.String, nullable=False),
    sa.Column('city', types.String, nullable=True),
    sa.Column('detail', types.Json(), nullable=False),
    sa.Column('previous', types.String, nullable=False),
    sa.Column('hash', types.String, nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit')),
    sqlite_strict=True
    )
    op.create_table('cities',
    sa.Column('code', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('tz', types.String, nullable=False),
    sa.Column('datum', types.String, nullable=False),
    sa.Column('resolution', types.Integer, nullable=False),
    sa.Column('levels', types.Json(), nullable=False),
    sa.Column('base_id', types.Integer, nullable=True),
    sa.Column('plan_id', types.String, nullable=True),
    sa.Column('data_version', types.Integer, nullable=False),
    sa.Column('demo', types.Integer, nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.CheckConstraint('resolution BETWEEN 0 AND 15', name=op.f('ck_cities_resolution')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_cities')),
    sqlite_strict=True
    )
    op.create_table('idempotency',
    sa.Column('owner', types.String, nullable=False),
    sa.Column('key', types.String, nullable=False),
    sa.Column('request_hash', types.String, nullable=False),
    sa.Column('status', types.Integer, nullable=False),
    sa.Column('body', types.Json(), nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.PrimaryKeyConstraint('owner', 'key', name=op.f('pk_idempotency')),
    sqlite_strict=True
    )
    op.create_table('settings',
    sa.Column('name', types.String, nullable=False),
    sa.Column('value', types.Json(), nullable=False),
    sa.Column('updated_at', types.String, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_settings')),
    sqlite_strict=True
    )
    op.create_table('bases',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('version', types.Integer, nullable=False),
    sa.Column('resolution', types.Integer, nullable=False),
    sa.Column('boundary', types.Blob, nullable=False),
    sa.Column('n', types.Integer, nullable=False),
    sa.Column('cells', types.Blob, nullable=False),
    sa.Column('region', types.Blob, nullable=False),
    sa.Column('areas_m2', types.Blob, nullable=False),
    sa.Column('hash', types.String, nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_bases_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bases')),
    sa.UniqueConstraint('city', 'version', name=op.f('uq_bases_city_version')),
    sqlite_strict=True
    )
    op.create_table('imports',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('file_name', types.String, nullable=False),
    sa.Column('file_hash', types.String, nullable=False),
    sa.Column('file_bytes', types.Integer, nullable=False),
    sa.Column('options', types.Json(), nullable=False),
    sa.Column('report', types.Json(), nullable=False),
    sa.Column('rows', types.Integer, nullable=False),
    sa.Column('accepted', types.Integer, nullable=False),
    sa.Column('rejected', types.Integer, nullable=False),
    sa.Column('duplicate', types.Integer, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_imports_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imports')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_imports_city_kind'), 'imports', ['city', 'kind'], unique=False)
    op.create_table('jobs',
    sa.Column('id', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('city', types.String, nullable=True),
    sa.Column('payload', types.Json(), nullable=False),
    sa.Column('actor', types.Json(), nullable=False),
    sa.Column('status', types.String, nullable=False),
    sa.Column('progress', types.Real, nullable=False),
    sa.Column('message', types.String, nullable=False),
    sa.Column('result', types.Json(), nullable=True),
    sa.Column('error', types.Json(), nullable=True),
    sa.Column('attempts', types.Integer, nullable=False),
    sa.Column('fence', types.Integer, nullable=False),
    sa.Column('lease_until', types.String, nullable=True),
    sa.Column('cancel', types.Integer, nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.Column('created_by', types.String, nullable=False),
    sa.Column('started_at', types.String, nullable=True),
    sa.Column('finished_at', types.String, nullable=True),
    sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f('ck_jobs_status')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_jobs_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_jobs_status_created_at'), 'jobs', ['status', 'created_at'], unique=False)
    op.create_table('regions',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('base_id', types.Integer, nullable=False),
    sa.Column('level', types.String, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('parent_id', types.Integer, nullable=True),
    sa.Column('geometry', types.Blob, nullable=False),
    sa.Column('cells', types.Integer, nullable=False),
    sa.Column('area_km2', types.Real, nullable=False),
    sa.Column('west', types.Real, nullable=False),
    sa.Column('south', types.Real, nullable=False),
    sa.Column('east', types.Real, nullable=False),
    sa.Column('north', types.Real, nullable=False),
    sa.CheckConstraint("level IN ('county', 'town', 'community')", name=op.f('ck_regions_level')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_regions_city_cities')),
    sa.ForeignKeyConstraint(['parent_id'], ['regions.id'], name=op.f('fk_regions_parent_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regions')),
    sa.UniqueConstraint('base_id', 'level', 'code', name=op.f('uq_regions_base_id_level_code')),
    sqlite_strict=True
    )
    op.create_table('barriers',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('cost', types.Real, nullable=True),
    sa.Column('geometry', types.Blob, nullable=False),
    sa.Column('west', types.Real, nullable=False),
    sa.Column('south', types.Real, nullable=False),
    sa.Column('east', types.Real, nullable=False),
    sa.Column('north', types.Real, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.CheckConstraint("kind IN ('river', 'road', 'rail', 'wall', 'bridge', 'tunnel')", name=op.f('ck_barriers_kind')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_barriers_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_barriers_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_barriers')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_barriers_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('buildings',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('floors', types.Integer, nullable=True),
    sa.Column('height_m', types.Real, nullable=True),
    sa.Column('households', types.Real, nullable=True),
    sa.Column('use', types.String, nullable=False),
    sa.Column('compound', types.String, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('geometry', types.Blob, nullable=False),
    sa.Column('west', types.Real, nullable=False),
    sa.Column('south', types.Real, nullable=False),
    sa.Column('east', types.Real, nullable=False),
    sa.Column('north', types.Real, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_buildings_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_buildings_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_buildings')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_buildings_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('cameras',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('heading_deg', types.Real, nullable=True),
    sa.Column('angle_deg', types.Real, nullable=False),
    sa.Column('range_m', types.Real, nullable=False),
    sa.Column('headings', types.Json(), nullable=False),
    sa.Column('height_m', types.Real, nullable=True),
    sa.Column('tilt_deg', types.Real, nullable=True),
    sa.Column('masked', types.Json(), nullable=False),
    sa.Column('owner_class', types.Integer, nullable=False),
    sa.Column('purpose', types.String, nullable=False),
    sa.Column('legal_basis', types.String, nullable=False),
    sa.Column('sign_present', types.Integer, nullable=True),
    sa.Column('networked', types.Integer, nullable=True),
    sa.Column('status', types.String, nullable=False),
    sa.Column('status_since', types.String, nullable=False),
    sa.Column('review_on', types.String, nullable=False),
    sa.Column('defaulted', types.Json(), nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.CheckConstraint('owner_class BETWEEN 0 AND 3', name=op.f('ck_cameras_owner_class')),
    sa.CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name=op.f('ck_cameras_kind')),
    sa.CheckConstraint("status IN ('online', 'offline', 'unknown')", name=op.f('ck_cameras_status')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_cameras_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_cameras_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cameras')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_cameras_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('camera_states',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('status', types.String, nullable=False),
    sa.Column('since', types.String, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_camera_states_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_camera_states')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_camera_states_city_source_id'), 'camera_states', ['city', 'source_id'], unique=False)
    op.create_table('camera_proposals',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('heading_deg', types.Real, nullable=True),
    sa.Column('angle_deg', types.Real, nullable=False),
    sa.Column('range_m', types.Real, nullable=False),
    sa.Column('purpose', types.String, nullable=False),
    sa.Column('legal_basis', types.String, nullable=False),
    sa.Column('state', types.String, nullable=False),
    sa.Column('gain', types.Json(), nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.Column('created_by', types.String, nullable=False),
    sa.Column('changed_at', types.String, nullable=False),
    sa.Column('changed_by', types.String, nullable=False),
    sa.CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name=op.f('ck_camera_proposals_kind')),
    sa.CheckConstraint(
        "state IN ('proposed', 'approved', 'withdrawn')", name=op.f('ck_camera_proposals_state')
    ),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_camera_proposals_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_camera_proposals')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_camera_proposals_city'), 'camera_proposals', ['city'], unique=False)
    op.create_table('coverage_figures',
    sa.Column('city', types.String, nullable=False),
    sa.Column('data_version', types.Integer, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.Column('figures', types.Json(), nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_coverage_figures_city_cities')),
    sa.PrimaryKeyConstraint('city', 'data_version', name=op.f('pk_coverage_figures')),
    sqlite_strict=True
    )
    op.create_table('cell_columns',
    sa.Column('base_id', types.Integer, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('data', types.Blob, nullable=False),
    sa.Column('source', types.Json(), nullable=False),
    sa.Column('updated_at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['base_id'], ['bases.id'], name=op.f('fk_cell_columns_base_id_bases')),
    sa.PrimaryKeyConstraint('base_id', 'name', name=op.f('pk_cell_columns')),
    sqlite_strict=True
    )
    op.create_table('centres',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('tier', types.String, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('region_code', types.String, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.CheckConstraint("tier IN ('city', 'county', 'town', 'community')", name=op.f('ck_centres_tier')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_centres_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_centres_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_centres')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_centres_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('households',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('households', types.Real, nullable=False),
    sa.Column('geometry', types.Blob, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_households_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_households_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_households')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_households_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('nets',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('department', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_nets_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_nets_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nets')),
    sa.UniqueConstraint('city', 'department', name=op.f('uq_nets_city_department')),
    sqlite_strict=True
    )
    op.create_table('net_grids',
    sa.Column('net_id', types.Integer, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('cells', types.Blob, nullable=False),
    sa.ForeignKeyConstraint(['net_id'], ['nets.id'], name=op.f('fk_net_grids_net_id_nets')),
    sa.PrimaryKeyConstraint('net_id', 'code', name=op.f('pk_net_grids')),
    sqlite_strict=True
    )
    op.create_table('places',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_places_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_places_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_places')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_places_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('plans',
    sa.Column('id', types.String, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('base_id', types.Integer, nullable=False),
    sa.Column('version', types.Integer, nullable=False),
    sa.Column('status', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('parent_id', types.String, nullable=True),
    sa.Column('labels', types.Blob, nullable=False),
    sa.Column('hash', types.String, nullable=False),
    sa.Column('grids', types.Integer, nullable=False),
    sa.Column('band_low', types.Real, nullable=False),
    sa.Column('band_high', types.Real, nullable=False),
    sa.Column('seed', types.Integer, nullable=True),
    sa.Column('revision', types.Integer, nullable=False),
    sa.Column('measures', types.Json(), nullable=False),
    sa.Column('violations', types.Json(), nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.Column('created_by', types.String, nullable=False),
    sa.Column('published_at', types.String, nullable=True),
    sa.Column('effective_from', types.String, nullable=True),
    sa.Column('superseded_at', types.String, nullable=True),
    sa.CheckConstraint("kind IN ('grids', 'communities')", name=op.f('ck_plans_kind')),
    sa.CheckConstraint("status IN ('draft', 'in_force', 'superseded')", name=op.f('ck_plans_status')),
    sa.ForeignKeyConstraint(['base_id'], ['bases.id'], name=op.f('fk_plans_base_id_bases')),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_plans_city_cities')),
    sa.ForeignKeyConstraint(['parent_id'], ['plans.id'], name=op.f('fk_plans_parent_id_plans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plans')),
    sa.UniqueConstraint('city', 'kind', 'version', name=op.f('uq_plans_city_kind_version')),
    sqlite_strict=True
    )
    op.create_table('rejects',
    sa.Column('import_id', types.Integer, nullable=False),
    sa.Column('row', types.Integer, nullable=False),
    sa.Column('seq', types.Integer, nullable=False),
    sa.Column('field', types.String, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('reason', types.String, nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_rejects_import_id_imports')),
    sa.PrimaryKeyConstraint('import_id', 'row', 'seq', name=op.f('pk_rejects')),
    sqlite_strict=True
    )
    op.create_table('roads',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('class', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('oneway', types.Integer, nullable=False),
    sa.Column('geometry', types.Blob, nullable=False),
    sa.Column('west', types.Real, nullable=False),
    sa.Column('south', types.Real, nullable=False),
    sa.Column('east', types.Real, nullable=False),
    sa.Column('north', types.Real, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_roads_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_roads_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roads')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_roads_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('segments',
    sa.Column('file', types.String, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.Column('last_id', types.Integer, nullable=False),
    sa.Column('rows', types.Integer, nullable=False),
    sa.Column('bytes', types.Integer, nullable=False),
    sa.Column('sha256', types.String, nullable=False),
    sa.Column('min_us', types.Integer, nullable=False),
    sa.Column('max_us', types.Integer, nullable=False),
    sa.Column('weight', types.Integer, nullable=False),
    sa.Column('cell_sum', types.String, nullable=False),
    sa.Column('replaces', types.Integer, nullable=False),
    sa.Column('layout', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_segments_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_segments_import_id_imports')),
    sa.PrimaryKeyConstraint('file', name=op.f('pk_segments')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_segments_city'), 'segments', ['city'], unique=False)
    op.create_table('live_incidents',
    sa.Column('id', types.Integer, autoincrement=False, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('us', types.Integer, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('region', types.Integer, nullable=True),
    sa.Column('category', types.String, nullable=True),
    sa.Column('weight', types.Integer, nullable=False),
    sa.Column('source', types.String, nullable=False),
    sa.Column('external_id', types.String, nullable=False),
    sa.Column('revision', types.Integer, nullable=False),
    sa.Column('status', types.String, nullable=True),
    sa.Column('replaces', types.Integer, nullable=True),
    sa.Column('received_at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_live_incidents_city_cities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_live_incidents')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_live_incidents_city_external_id'), 'live_incidents', ['city', 'external_id'], unique=False)
    op.create_table('users',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('role', types.String, nullable=False),
    sa.Column('city', types.String, nullable=True),
    sa.Column('region_id', types.Integer, nullable=True),
    sa.Column('password_hash', types.String, nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.Column('disabled_at', types.String, nullable=True),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_users_city_cities')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_users_region_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('name', name=op.f('uq_users_name')),
    sqlite_strict=True
    )
    op.create_table('workers',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('post', types.String, nullable=False),
    sa.Column('skills', types.Json(), nullable=False),
    sa.Column('capacity', types.Real, nullable=False),
    sa.Column('cell', types.Integer, nullable=False),
    sa.Column('source_id', types.String, nullable=False),
    sa.Column('digest', types.String, nullable=False),
    sa.Column('import_id', types.Integer, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_workers_city_cities')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_workers_import_id_imports')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workers')),
    sa.UniqueConstraint('city', 'source_id', name=op.f('uq_workers_city_source_id')),
    sqlite_strict=True
    )
    op.create_table('grid_codes',
    sa.Column('city', types.String, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('since', types.String, nullable=False),
    sa.Column('until', types.String, nullable=True),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_grid_codes_city_cities')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_grid_codes_plan_id_plans')),
    sa.PrimaryKeyConstraint('city', 'code', name=op.f('pk_grid_codes')),
    sqlite_strict=True
    )
    op.create_table('lineage',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('city', types.String, nullable=False),
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('from_code', types.String, nullable=False),
    sa.Column('to_code', types.String, nullable=False),
    sa.Column('households', types.Real, nullable=False),
    sa.Column('cells', types.Integer, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['city'], ['cities.code'], name=op.f('fk_lineage_city_cities')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_lineage_plan_id_plans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lineage')),
    sqlite_strict=True
    )
    op.create_table('plan_edits',
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('seq', types.Integer, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('payload', types.Json(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_edits_plan_id_plans')),
    sa.PrimaryKeyConstraint('plan_id', 'seq', name=op.f('pk_plan_edits')),
    sqlite_strict=True
    )
    op.create_table('plan_grids',
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('label', types.Integer, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('name', types.String, nullable=False),
    sa.Column('kind', types.String, nullable=False),
    sa.Column('region_id', types.Integer, nullable=True),
    sa.Column('households', types.Real, nullable=False),
    sa.Column('load', types.Real, nullable=False),
    sa.Column('cells', types.Integer, nullable=False),
    sa.Column('area_km2', types.Real, nullable=False),
    sa.Column('deviation', types.Real, nullable=False),
    sa.Column('pieces', types.Integer, nullable=False),
    sa.Column('lat', types.Real, nullable=False),
    sa.Column('lng', types.Real, nullable=False),
    sa.Column('west', types.Real, nullable=False),
    sa.Column('south', types.Real, nullable=False),
    sa.Column('east', types.Real, nullable=False),
    sa.Column('north', types.Real, nullable=False),
    sa.Column('faults', types.Json(), nullable=False),
    sa.Column('locked', types.Integer, nullable=False),
    sa.Column('worker_id', types.Integer, nullable=True),
    sa.Column('centre_id', types.Integer, nullable=True),
    sa.ForeignKeyConstraint(['centre_id'], ['centres.id'], name=op.f('fk_plan_grids_centre_id_centres')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_grids_plan_id_plans')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_plan_grids_region_id_regions')),
    sa.ForeignKeyConstraint(['worker_id'], ['workers.id'], name=op.f('fk_plan_grids_worker_id_workers')),
    sa.PrimaryKeyConstraint('plan_id', 'label', name=op.f('pk_plan_grids')),
    sa.UniqueConstraint('plan_id', 'code', name=op.f('uq_plan_grids_plan_id_code')),
    sqlite_strict=True
    )
    op.create_table('plan_steps',
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('seq', types.Integer, nullable=False),
    sa.Column('step', types.Integer, nullable=False),
    sa.Column('decision', types.String, nullable=False),
    sa.Column('post', types.String, nullable=False),
    sa.Column('document', types.String, nullable=False),
    sa.Column('opinion', types.String, nullable=False),
    sa.Column('hash', types.String, nullable=False),
    sa.Column('steps', types.Json(), nullable=True),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.CheckConstraint("decision IN ('submitted', 'approved', 'returned', 'withdrawn')", name=op.f('ck_plan_steps_decision')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_steps_plan_id_plans')),
    sa.PrimaryKeyConstraint('plan_id', 'seq', name=op.f('pk_plan_steps')),
    sqlite_strict=True
    )
    op.create_table('plan_notes',
    sa.Column('id', types.Integer, autoincrement=True, nullable=False),
    sa.Column('plan_id', types.String, nullable=False),
    sa.Column('code', types.String, nullable=False),
    sa.Column('text', types.String, nullable=False),
    sa.Column('at', types.String, nullable=False),
    sa.Column('by', types.String, nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_notes_plan_id_plans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_notes')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_plan_notes_plan_id'), 'plan_notes', ['plan_id'], unique=False)
    op.create_table('sessions',
    sa.Column('token_hash', types.String, nullable=False),
    sa.Column('user_id', types.Integer, nullable=False),
    sa.Column('created_at', types.String, nullable=False),
    sa.Column('seen_at', types.String, nullable=False),
    sa.Column('expires_at', types.String, nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sessions_user_id_users')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_sessions')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_sessions_user_id'), 'sessions', ['user_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_sessions_user_id'), table_name='sessions')
    op.drop_table('sessions')
    op.drop_index(op.f('ix_plan_notes_plan_id'), table_name='plan_notes')
    op.drop_table('plan_notes')
    op.drop_table('plan_steps')
    op.drop_table('plan_grids')
    op.drop_table('plan_edits')
    op.drop_table('lineage')
    op.drop_table('grid_codes')
    op.drop_table('workers')
    op.drop_table('users')
    op.drop_index(op.f('ix_live_incidents_city_external_id'), table_name='live_incidents')
    op.drop_table('live_incidents')
    op.drop_index(op.f('ix_segments_city'), table_name='segments')
    op.drop_table('segments')
    op.drop_table('roads')
    op.drop_table('net_grids')
    op.drop_table('nets')
    op.drop_table('rejects')
    op.drop_table('plans')
    op.drop_table('places')
    op.drop_table('households')
    op.drop_table('centres')
    op.drop_table('cell_columns')
    op.drop_table('coverage_figures')
    op.drop_index(op.f('ix_camera_proposals_city'), table_name='camera_proposals')
    op.drop_table('camera_proposals')
    op.drop_index(op.f('ix_camera_states_city_source_id'), table_name='camera_states')
    op.drop_table('camera_states')
    op.drop_table('cameras')
    op.drop_table('buildings')
    op.drop_table('barriers')
    op.drop_table('regions')
    op.drop_index(op.f('ix_jobs_status_created_at'), table_name='jobs')
    op.drop_table('jobs')
    op.drop_index(op.f('ix_imports_city_kind'), table_name='imports')
    op.drop_table('imports')
    op.drop_table('bases')
    op.drop_table('settings')
    op.drop_table('idempotency')
    op.drop_table('cities')
    op.drop_table('audit')
