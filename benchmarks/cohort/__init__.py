"""What the benchmark of grading is made of: a cohort's submissions, its peers, the floor, and where time goes."""
