"""Danish and English: choosing the language of a page, its translations, the time zone."""
