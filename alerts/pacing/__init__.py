"""How often an alert is told: pure decisions over small frozen records. Hop 5.

Each module has one question, a frozen configuration as the rulebook writes it, a frozen record of
what must be remembered, and functions from (configuration, record, event, now) to the next record,
a named decision and the moment of the next timer. None reads a clock; a caller runs what is due
before it hands in what happened, so the answers do not depend on when it comes.
"""
