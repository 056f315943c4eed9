"""The city itself: its base of regions and cells, what stands on it, what is where and whose it is."""
