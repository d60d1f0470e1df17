"""Faces as pictures and numbers: decoding, finding, comparing, drawing."""
