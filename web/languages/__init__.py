"""Danish and English: which one a page is in, where its texts come from, the time zone."""
