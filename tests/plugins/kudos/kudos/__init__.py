"""Weekly kudos: thank a member of the cohort, with a reason."""
