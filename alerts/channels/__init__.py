"""Ways to a person's screen or a team's inbox, one file each, found by its place (`catalogue`)."""
