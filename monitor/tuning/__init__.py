"""What helps to write rules: tests of them, their past on a history, and what a change would do."""
