"""The sections of the review, one a module; each registers itself as an entry point."""
