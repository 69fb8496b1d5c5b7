"""HTTP plumbing: parse, answer, guards, error pages, page helpers, layout templates.

`shell.init_web(app, settings, shell)` puts it all on an app; `app.py` is its only caller.
"""
