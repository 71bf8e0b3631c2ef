"""Sections of finops.toml that know a subject of their own; `finops.config` puts them together."""
