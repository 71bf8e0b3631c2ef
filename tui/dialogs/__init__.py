"""What is asked in between: a choice, a line of text, a file; and what is only to be read."""
