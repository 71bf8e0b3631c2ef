"""What views are shown in: most in a table, some in a pane of their own."""
