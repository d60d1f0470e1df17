"""FIS Bot: face searches for leads, examined by people, released by people."""
