"""What a command will do, decided before it does anything."""
