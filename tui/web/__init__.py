"""The terminal interface in a browser: served by textual-serve, behind a door of our own."""
