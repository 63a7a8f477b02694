"""GitHub Copilot's chat on github.com.

    service  addresses and models           words    what its errors mean
    auth     cookies, tokens, who asks      events   the stream → Deltas
    chat     token, thread, message         client   GithubCopilot, for scripts
    backend  the same for the app and `ask`

Experimental: the protocol is a captured one, which GitHub documents nowhere. Nothing here was ever
tried against GitHub itself; the tests speak to a mock of what was captured.
"""
