"""What finops costs in time and memory, as ratios to floors measured in the same run.

`python -m bench` (or `make bench`) generates its data, measures each comparison beside its floor and
prints one table. A ratio travels between machines; seconds do not.
"""
