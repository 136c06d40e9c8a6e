// A finding about a text leads to the words that it is about.
"use strict";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-field]");
  const field = link && document.getElementById(link.dataset.field);
  if (!field) return;
  event.preventDefault();
  // The server counts characters, the browser 16-bit units.
  const characters = Array.from(field.value);
  const units = (count) => characters.slice(0, count).join("").length;
  field.focus();
  field.setSelectionRange(units(Number(link.dataset.start)), units(Number(link.dataset.end)));
});
