"""What lights a scene: rooms, environment maps, lamps."""
