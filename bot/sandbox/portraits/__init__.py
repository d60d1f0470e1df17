"""Portraits of people who do not exist, and camera stills made from them, for the demonstration."""
