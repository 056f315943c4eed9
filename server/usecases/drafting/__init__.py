"""The drawing engine at work on a city: draw, rebalance, sweep, examine, with households or a workload."""
