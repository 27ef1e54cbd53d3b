"""Programs run under TensorFlow and gradtape; a package, so that its modules may share names with those of tests/."""
