"""Incident facts and what is told of them: counts, time, hot spots, areas, alerts, reports in and out."""
