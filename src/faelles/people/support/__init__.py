"""The operator's supporters inside an agency: only while the agency lets them in, and only to look."""
