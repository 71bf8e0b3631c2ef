"""Batch and training jobs."""
