"""Honest numbers on labelled photographs, through the product's own code.

``running.evaluate`` enrols, searches and measures; ``plots`` draws; ``bot.views.evaluation`` says it in words.
"""
