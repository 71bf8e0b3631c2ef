"""Small-model routing: what asking a small model first costs, saves and risks, threshold by threshold."""
