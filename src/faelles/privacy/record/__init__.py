"""The record of processing activities (GDPR article 30), printed from the register."""
