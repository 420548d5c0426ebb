"""Whether and how an alert is told: silences, acknowledgements, inhibition, quiet times. Hop 5.

The watch says what is true; the desk says who hears of it. Pure: transitions, commands and moments
go in, the same transitions with `notice` and `muted_by`, further notices and changed records come
out. Every moment is an argument and everything that falls due by itself is a timer of event time,
so live, test and replay tell the same.
"""
