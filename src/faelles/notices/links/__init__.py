"""The mails that carry links: to choose a new PIN, to prove an e-mail address."""
