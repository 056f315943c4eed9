"""Plans as they are kept: versions, drafts, review and publishing, the staff of grids, nets beside them."""
