"""Files that come in: from plain rows to facts of the city, every rejected row numbered and explained."""
