"""What is made of a value's past for rules to watch: changes, ranges, scores, averages, ranks."""
