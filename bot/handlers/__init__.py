"""Slack in, service call, redraw."""
