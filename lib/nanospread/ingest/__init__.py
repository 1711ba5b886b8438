"""Export files -> validated tables and a ledger of every repair and refusal.

- cells: text cells -> a typed column, with the reason of every repair and of every cell that cannot be read
- dates: text cells -> moments: ISO dates and epoch seconds at once, every other way one by one
- quantities: text cells -> counts, amounts of money and shares, however thousands and decimals are marked
- names: text cells -> accounts, ids, campaigns, offers and niches, in the spelling in which they compare
- references: text cells -> order numbers, codes, links, states and currencies, without what tells of a buyer
- headers: a header -> the table that a file holds and the place of each of our columns; mapping.yaml
- records: the bytes of a delimited text file -> its records, each with the physical line it starts on
- sheets: records -> raw files: the header found, every record a row or refused with its reason
- documents: JSON text -> values, every number as the text that stands there, every record flat
- binaries: workbooks and Parquet files -> their records as text, after checks that unpacking them is safe
- export: a file on disk -> its kind (text, workbook, Parquet or JSON, told by its content) and its sheets
- order_tables: exports of shops and affiliate tools -> their tables of orders, under our names
- order_rows: records of orders, line items or events -> one row for each order
- formats: an export -> the reader of the tool that wrote it, one small file each
- sources: files and folders -> raw files, each under a name that no other has
- streams: a large CSV file -> its layout, and its rows piece by piece
- suggestions: exports that fit no table -> the draft of a mapping.yaml, with the reason of every line
- ledger: repairs and refusals -> entries by file and line, and rows in = kept + repaired + refused
- schemas: what each table's columns, keys and related cells must be
- joined_results: results of several files -> one row for each post or period of a creator, nothing twice
- dataset: the validated tables as one value; the posts that are analysed, each with its follower count
- plausibility: validated tables -> how posts and follower counts meet, and what can hardly be true
- tables: raw files -> ten validated tables with their ledger
"""
