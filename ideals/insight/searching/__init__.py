"""Who changed what, searched by HR. Written by everybody through `ideals.audit`; only read here."""
