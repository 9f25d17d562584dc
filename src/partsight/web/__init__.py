"""What every page in the browser needs of its server: limits, a guard, clear answers."""
