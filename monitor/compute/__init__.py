"""A batch of ticks to readings and transitions, and the loop around it."""
