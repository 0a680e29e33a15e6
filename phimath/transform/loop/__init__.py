"""Loops: repeated steps and their derivatives, with memory that a policy bounds."""
