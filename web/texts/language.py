"""Which of the two languages a short message is written in."""

from __future__ import annotations

from web.texts.words import plain_words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that exist in only one of the languages ("for", "at", "i", "men" are left out).
_DANISH = _words(
    "jeg du han hun vi og er en et det den der som ikke har havde saa saae saas med paa til fra "
    "hej tak om bil bilen mand manden kvinde gaden kan skal vil blev var lige nu sort roed hvid "
    "af ved mig dig sig min hans hendes kl klokken igaar idag foer efter naboen hvor hvem hvad "
    "tror kender sagen tip hjaelp nogen noget hoerte staar ligger"
)
_ENGLISH = _words(
    "i a the and is are was were he she they you it that this there of in on with my his her "
    "from not have has had saw seen think know please help hello hi man woman car street near "
    "yesterday today what where who why when red black white think now about been would "
    "could your our we someone case"
)


# Words that are Polish, Turkish or Ukrainian in Latin letters too: they say nothing of a language.
_ELSEWHERE_TOO = _words("a i on my to do no go po var kan et en de den der hej men nu am an her")

_OTHERS = _words(
    plain_words(
        "jest był była było się nie widziałem widziałam słyszałem słyszałam samochód mężczyzna "
        "kobieta przy ulicy ulica koło czarny czarna biały czerwony niebieski złodziej policja "
        "wczoraj dzisiaj ktoś teraz proszę dziękuję mieszkam dzień dobry przez obok sąsiad "
        "bir gördüm duydum araba arabayı adam kadın sokakta sokak kırmızı siyah beyaz mavi hırsız "
        "dün bugün şimdi yanında evin için çok birisi komşu komşum yardım lütfen teşekkürler"
    )
)
"""Polish and Turkish words that are none in Danish or English."""
SURE = 2
"""Words more of one language than of the other that make it plain: one may be chance."""

_LAST_LATIN = "\u024f"


def language_of(text: str) -> str:
    """``"en"`` if it has more English-only words than Danish-only words, or other letters."""
    return evident_language(text) or "da"


def plain_language(text: str) -> str | None:
    """The language of a text in which more than a single word, or its letters, are of it."""
    return evident_language(text, SURE)


def evident_language(text: str, least: int = 1) -> str | None:
    """The language of a text; None if its words do not say ("3400", "Hillerød").

    ``least``: the words more that are needed. What is plainly in another language is for English.
    """
    words = plain_words(text).split()
    if any(letter > _LAST_LATIN and letter.isalpha() for word in words for letter in word):
        return "en"
    others = len(_OTHERS.intersection(words))
    english = sum(word in _ENGLISH and word not in _DANISH for word in words)
    danish = sum(word in _DANISH and word not in _ENGLISH for word in words)
    if others >= SURE and others > danish:
        return "en"
    if abs(english - danish) < least:
        return None
    return "en" if english > danish else "da"


def is_danish_or_english(text: str) -> bool:
    """Whether it has several words of these languages, and so is in no other: one may be chance."""
    known = (_DANISH | _ENGLISH) - _ELSEWHERE_TOO
    return len(known.intersection(plain_words(text).split())) > 1
