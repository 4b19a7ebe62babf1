"""A report's tables, each made from its sealed facts and the metrics' definitions alone (pure).

T1, T3 … are the numbers they are asked for by: they stay with their table for ever.
"""
