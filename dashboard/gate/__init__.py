"""Nobody gets past here signed out: the gate, the pages to sign in on, and the headers of every answer."""
