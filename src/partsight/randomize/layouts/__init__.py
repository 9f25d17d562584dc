"""Where parts and things are: orbiting camera, scattered, dropped, standing."""
