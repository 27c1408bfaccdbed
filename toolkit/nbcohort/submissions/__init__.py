"""Release, fetch, hand in, collect: immutable snapshots with signed receipts."""
