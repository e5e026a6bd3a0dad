"""Commands and rendering; nothing else in Vela prints."""
