"""What is to be done about costs, by whom, until when, and what it really saved."""
