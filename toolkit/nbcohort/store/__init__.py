"""What is kept: tables' base, blobs, migrations, audit and the interactions log."""
