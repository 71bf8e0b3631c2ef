"""What could be saved: each finding with its range, its evidence, and what it cannot be added to."""
