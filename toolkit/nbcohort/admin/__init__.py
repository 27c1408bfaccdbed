"""What whoever runs the service does on its host: back up, verify, restore, rotate keys, prune, forget."""
