"""Numbered SQL files. Each is safe while the previous release still runs: add first, remove a release later."""
