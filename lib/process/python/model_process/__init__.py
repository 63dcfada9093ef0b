"""What every Python process that holds a model does: the engine and the trainer."""
