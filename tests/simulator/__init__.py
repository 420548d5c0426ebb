"""A stand-in for the providers: their real shapes, moving values, and every way to go wrong.

By hand: `python -m tests.simulator --port 8999 --scenario normal --scenario kraken=429`.
"""
