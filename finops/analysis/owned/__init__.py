"""What hardware the company owns costs, as charges beside the bill."""
