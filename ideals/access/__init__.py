"""Sign-in, sessions, API tokens, roles.

A user is whoever can sign in, known by an e-mail address; most are employees too. A session is one
sign-in of a browser, a token stands for a script. Both are kept as digests only.
"""
