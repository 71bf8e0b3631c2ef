"""One module per system that is pulled from; each registers a `connectors.contract.Connector`."""
