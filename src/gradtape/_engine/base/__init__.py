"""The foundation: constants, storage, threads, shapes."""
