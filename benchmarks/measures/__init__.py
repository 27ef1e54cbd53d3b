"""What is measured besides steps; each measure is a function from an Effort to a Section of the report."""
