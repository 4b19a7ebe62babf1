"""A demonstration academy: five finished cohorts with the public totals of the AI academy in Gwangju,
and one that runs today.

It imports history, so it writes most rows directly; what is alive in the running cohort goes
through the rooms' own actions. Every person is invented, and the same load gives the same academy:
only the dates of the running cohort follow the calendar.
"""
