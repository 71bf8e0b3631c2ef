"""Writes the sample company's files; see samples/README.md for who it is and what is planted."""
