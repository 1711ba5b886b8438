"""The Instagram Graph API -> what it says of one's own account and of creators, kept as it came, and exports.

Nothing asked for is lost in silence: every account, medium and insight ends as read, unchanged or refused
with its reason. Each answer is kept before the next call, so that a fetch that was killed goes on where it
stopped, and so that later versions can read old answers again. No clock is asked here: callers bring one.

- settings: fetch.yaml -> what to fetch, as whom; the list of creators
- fields: data/graph_fields.csv -> the fields and metrics to ask for on a day
- faults: an answer of the API -> what to do about it, by data/graph_errors.csv
- limits: usage headers -> until when no call may go
- calls: one request -> one answer, or why there is none; nobody else opens a connection
- journal: a fetch's requests and answers on disk, token removed, whole lines only
- session: a request -> its answer, from the journal or by calls that wait and try again
- outcomes: what was asked for -> read, unchanged or refused with its reason, and the account of it all
- paging: pages of media -> all media of one account, each once
- insights: media -> their figures, without the metrics that do not fit
- accounts: one's own account, and creators by business_discovery -> outcomes
- tokens: a token -> when it ends, renewed before it does
- quota: creators, and the limits -> who comes first, and how long it takes
- run: settings -> a fetch, begun or gone on with, and its account
- exports: a fetch's answers -> export files as `ingest` reads them, and one's own media as CSV
- erasure: fetches without an account, or without what is old
"""
