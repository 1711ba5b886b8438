"""A run that ended, well or not -> one message to each channel of send.yaml, whatever is killed when.

Only here, and in what fetches, is a connection opened, and only to what the user named. docs/how_to/send.md
says what a channel gets and when.

- settings: send.yaml -> channels, checked; where their secrets are kept, never the secrets
- events: the folder of reports -> how each brief's newest run is told: success, change, failure, late
- messages: event + channel -> a mail, or the JSON that Slack, Teams and others take
- ledger: which run was handed to which channel, written before and after the last byte
- transport: a mail -> a server, over TLS; JSON -> an address, over https; or what happened instead
- delivery: events + channels -> each sent once, with retries, and what became of it
"""
