"""What people read in Slack, by audience."""
