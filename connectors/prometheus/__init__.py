"""What speaks the Prometheus HTTP API: raw samples of a window, and the exporters whose metrics we know."""
