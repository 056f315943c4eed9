"""Camera coverage: what is seen, where it is missing, where the next site helps, and at what exposure."""
