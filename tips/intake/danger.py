"""Recognises words that mean somebody may be in danger now, in Danish and English.

Matching is lenient about case, accents, æøå, stretched letters ("hjæææælp") and punctuation
between words, and strict about where words begin and end ("knivskarp", "skydedør" and "begun"
are not danger). Only what is happening now counts ("skyder", "is shooting"), not the past: tips
on an appeal about a shooting all mention shots. When in doubt it says danger: a needless "call
112" costs little.
"""

from __future__ import annotations

import re
import unicodedata

from web.texts import folding

# Patterns for words normalised by plain_words(): æ is "ae", ø "oe", å "aa". Some have a second
# spelling, for keyboards without Danish letters.
_DANISH = (
    "lige nu|ligenu|netop nu|i dette oejeblik",
    "kniv(en|e|ene)?|knivstik|knivstikker|machete(n|r)?",
    "pistol(en|er|erne)?|revolver(en)?|gevaer(et|er)?",
    "vaa?ben(et|ene)?|skydevaa?ben(et|ene)?|bevae?bnet|bevaebnede",
    "skyder|skyd|skydes|hoerer skud|bliver skudt",
    "bombe(n|r)?|granat(en|er)?|spraengstof(fet|fer)?|eksplosion(en)?",
    "gids(el|let|ler)",
    "(det|der|huset|bilen|lejligheden) braender|braender (det|huset|bilen)|der er brand",
    "bloe?der",
    "(bliver|er ved at blive) (slaaet|sparket|kvalt|overfaldet|voldtaget)",
    "(slaar|sparker|kvaeler|stikker|overfalder|voldtager|truer) (hende|ham|dem|mig|os|en)",
    "bevidstloes|bevidsloes|traekker ikke vejret|kan ikke traekke vejret|ingen puls",
    "hj(ae|e)lp (mig|os|nu|hurtigt|omgaaende)|brug for hj(ae|e)lp",
    "(skriger|raaber) (om|paa|efter) hj(ae|e)lp",
    "kom (nu|hurtigt|straks|med det samme)|det haster",
    "i (livs)?fare|livsfare|livsfarlig(t|e)?",
    "begaar? selvmord|tager? livet af|drukner|doeende",
)
_ENGLISH = (
    "right now|happening now|hurry",
    "help (now|me|us|quick|fast)|send help|need help",
    "guns?|gunm[ae]n|pistols?|rifles?|weapons?|armed|machete",
    "knife|knives",
    "shooter|is shooting|are shooting|shoots|shooting at|shots fired|getting shot",
    "stabs|(is|are|being|getting) stabb(ing|ed)|stabbing (him|her|me|us|them|people|someone)",
    "bleeding|unconscious|not breathing|cant breathe|no pulse|dying|drowning",
    "hostages?|bombs?|explosion|explosives|grenade",
    "(attacking|beating|hitting|kicking|choking|raping) (me|him|her|us|them|someone|people)",
    "(being|getting) (attacked|beaten|raped|choked)|under attack",
    "in danger|life threatening|emergency|suicide",
    "on fire",
)
_DANGER = re.compile("(?<= )(?:" + "|".join((*_DANISH, *_ENGLISH)) + ")(?= )")


def plain_words(text: str) -> str:
    """The words of a text in the letters a to z and digits, with a space before and after each."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    lowered = "".join(char for char in lowered if unicodedata.category(char) != "Cf")
    lowered = re.sub(r"([^\W\d])\1{2,}", r"\1", re.sub(r"([æøå])\1+", r"\1", lowered))
    letters = folding.fold(lowered)
    # "can't" is one word.
    letters = re.sub(r"(?<=[a-z])['’`´](?=[a-z])", "", letters)
    return " " + " ".join(re.findall(r"[a-z0-9]+", letters)) + " "


def is_dangerous(text: str) -> bool:
    """Whether the text sounds as if somebody is in danger right now."""
    return _DANGER.search(plain_words(text)) is not None
