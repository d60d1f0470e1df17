"""What it costs, against named peers."""
