"""What runs by itself: the search queue, the outbox, the ticks."""
