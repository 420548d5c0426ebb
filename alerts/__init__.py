"""Rules and delivery: from company numbers to people."""
