"""Programs run under TensorFlow and gradtape; a package, so that module names may be the same as in tests/."""
