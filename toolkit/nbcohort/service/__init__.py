"""The Hub service: app, identity, permissions, clock, errors, tasks by the minute."""
