"""A local Slack workspace for trying, training and testing."""
