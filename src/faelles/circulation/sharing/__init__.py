"""Copies that go to other municipalities' patrons and come home again, and theirs that come to ours."""
