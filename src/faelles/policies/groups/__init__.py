"""The two trees of groups that rules name: of patrons and of materials."""
