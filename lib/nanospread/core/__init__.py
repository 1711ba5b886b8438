"""What every wing needs and none owns: errors, estimates, the way numbers are written, where things are.

- errors: names and values -> one clear line for the user
- typed: what people type, read strictly: numbers, YAML
- models: what a file says -> a frozen model; what is wrong in it, in our words
- files: files that are there whole or not at all; small tables that people edit
- scratch: working copies in one private folder, cleared of what the dead left there
- weeks: ISO weeks: text such as 2026-W47 -> its last day, its distance to another, how old data is by then
- paths: where the project's folders are
- cache: the user's cache: folders of this user alone, named after what made their content
- compiled: a plain function -> machine code, kept for the next process
- secrets: where a token or password is kept -> it, which no text shows; which hosts are this machine
- processes: what a process that we start gets of its surroundings
- cluster: an address, a scheduler file or `local:N` -> workers of a Dask cluster, as an executor
- notebooks: a notebook as it is stored, whoever ran it
- types: arrays by what they hold; values of any kind, and text with gaps, as one type
- estimates: a number with its Monte Carlo standard error; 95 % intervals of means and of shares
- formatting: numbers -> words; an object -> rows; text that a terminal shows and no spreadsheet runs
"""
