"""The Instagram Graph API -> what it says of one's own account and of creators, kept as it came, and exports.

Nothing asked for is lost in silence: every account, medium and insight ends as read, unchanged or refused
with its reason. Each answer is kept before the next call, so that a fetch that was killed goes on where it
stopped, and so that later versions can read old answers again. No clock is asked here: callers bring one.

- settings: fetch.yaml -> what to fetch, as whom; the list of creators
- api_rules: what the API has on a day, what its answers mean, and until when it takes no call
- calls: one request -> one answer, or why there is none; nobody else opens a connection
- journal: a fetch's requests and answers on disk, token removed, whole lines only
- session: a request -> its answer, from the journal or by calls that wait and try again
- outcomes: what was asked for -> read, unchanged or refused with its reason, and the account of it all
- media: pages of media -> all media of one account, each once; media -> their figures
- accounts: one's own account, and creators by business_discovery -> outcomes
- tokens: a token -> when it ends, renewed before it does
- run: settings -> a fetch, planned, begun or gone on with, and its account
- exports: a fetch's answers -> export files as `ingest` reads them, and one's own media as CSV
- erasure: fetches without an account, or without what is old
"""
