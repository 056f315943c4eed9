"""Community borders: opened as a plan, in force as the regions of a base, and what a new base means for grids."""
