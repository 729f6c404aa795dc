"""What is wrong with a spec, and where: diagnostics, their kinds, and what a lenient reading leaves out."""
