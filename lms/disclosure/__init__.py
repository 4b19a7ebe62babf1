"""What may be printed of few people: one policy for page, chart, CSV, tooltip, API and alternative text.

Pure: knows no database, no request and no room. Counts go in, and what stays of them comes out with
a proof: for everything that is hidden there are two whole-number tables at least k people apart, and
both fit all that is printed.

    policy       the thresholds, as data with a version
    cells        counts and the sums between them
    bounds       how high and how low a hidden count can be: exact simplex
    moves        which cells to hide with it, at the least loss
    suppressing  primary and complementary suppression, and their audit
    differencing a report beside those that were printed before
    rounding     the other policy: everything to the nearest 5
    applying     all this to a report's tables
"""
