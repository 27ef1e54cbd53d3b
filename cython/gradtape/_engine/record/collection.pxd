"""Drops entries that no live tensor reaches. The log calls it by a pointer that importing this sets."""
