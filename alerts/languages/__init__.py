"""What users are told, in their language: one catalogue of words for each, all with the same keys."""
