"""GitHub Copilot's chat on github.com.

    words    what its errors mean           events   the stream → Deltas
    auth     cookies, tokens, who asks      chat     token, thread, message
    client   GithubCopilot, for scripts     backend  the same for the app and `ask`

Experimental: the protocol is a captured one, which GitHub documents nowhere. Nothing here was ever
tried against GitHub itself; the tests speak to a mock of what was captured.
"""
