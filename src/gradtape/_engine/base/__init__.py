"""What everything stands on: constants, storage, threads, shapes."""
