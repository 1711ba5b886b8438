"""What every wing needs and none owns: errors, estimates, the way numbers are written, where things are.

- errors: names and values -> one clear line for the user
- files: files that are there whole or not at all
- weeks: ISO weeks: text such as 2026-W47 -> its end, its distance to another, how old data is by then
- paths: where the project's folders are
- notebooks: a notebook as it is stored, whoever ran it
- reference: small tables that people edit -> their rows, each with its line
- types: arrays by what they hold; values of any kind, and text with gaps, as one type
- intervals: 95 % intervals of means and of shares
- estimates: a number with its Monte Carlo standard error
- formatting: numbers -> words: money, shares, counts, lists
- described: a short description of an object, as text and as HTML
"""
