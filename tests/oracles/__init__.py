"""Independent truths that only tests need: closed forms and likeliest fits that the package must come to."""
