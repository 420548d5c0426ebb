"""All feeds and streams side by side for a while, against providers that fail at random."""
