"""What users hold in their hands: the workspace and remote storages."""
