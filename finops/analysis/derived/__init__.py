"""How the numbers of a report's rows are made: for each row and number the lines that lead to it.

One module for each command. It takes the command's answer, computes nothing anew, and says which inputs it
was made of and by which arithmetic; `finops.analysis.derived.table` picks the row that is asked about.
"""
