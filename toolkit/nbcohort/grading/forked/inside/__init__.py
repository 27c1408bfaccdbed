"""What runs inside the sandbox; nbcohort itself is not visible there."""
