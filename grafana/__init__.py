"""Dashboards, built from declarations: `python -m grafana.build` writes the committed JSON."""
