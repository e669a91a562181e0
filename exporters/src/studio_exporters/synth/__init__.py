"""Plays scores: every General MIDI instrument and drum as a sum of partials that die away.

`render.render` is the way in. The modules import numpy, so whoever only lists formats imports none
of them.
"""
