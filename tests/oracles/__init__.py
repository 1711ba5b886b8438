"""Independent truths that only tests need: closed forms that simulated worlds must come to."""
