"""The ways out: mail, telephone, the national mailbox and paper, each behind the same port."""
