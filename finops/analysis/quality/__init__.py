"""Whether the numbers of a period can be trusted: what is missing, late, unpriced, unowned, or does not tie."""
