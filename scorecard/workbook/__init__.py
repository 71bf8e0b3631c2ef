"""Workbooks from and for other people: read without trusting them, written without anything that runs."""
