"""Who borrows: people, groups and institutions, how they are recognised, and what they may."""
