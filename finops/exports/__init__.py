"""Ways out: the month's numbers in the form another tool reads. One module each, registered as `finops.exports`."""
