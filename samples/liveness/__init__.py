"""Clips of people who follow a challenge, and of attacks that pretend to, with ground truth."""
