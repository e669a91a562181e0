"""Which kind of text a book is. The kind is a control token (Keskar et al. 2019, "CTRL")."""

from __future__ import annotations

BOOKS = {
    "austen-emma": "society-novel",
    "austen-persuasion": "society-novel",
    "austen-sense": "society-novel",
    "baum-wizard-of-oz": "fairy-tale",
    "blake-poems": "verse",
    "carroll-alice": "fairy-tale",
    "chesterton-ball": "thriller",
    "chesterton-brown": "detective",
    "chesterton-thursday": "thriller",
    "doyle-sherlock-holmes": "detective",
    "edgeworth-parents": "moral-tale",
    "homer-odyssey-butler": "epic",
    "macdonald-princess-and-curdie": "fairy-tale",
    "melville-moby_dick": "sea-story",
    "milton-paradise": "blank-verse",
    "nesbit-five-children-and-it": "fairy-tale",
    "pyle-robin-hood": "adventure",
    "sewell-black-beauty": "moral-tale",
    "shakespeare-caesar": "drama",
    "shakespeare-hamlet": "drama",
    "shakespeare-macbeth": "drama",
    "twain-connecticut-yankee": "adventure",
    "twain-tom-sawyer": "adventure",
    "verne-eighty-days": "adventure",
    "verne-journey-centre-earth": "adventure",
    "verne-twenty-thousand-leagues": "sea-story",
    "whitman-leaves": "verse",
}
