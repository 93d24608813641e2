"""The edge: Envoy's configuration, written from the contracts and the addresses of the services."""
