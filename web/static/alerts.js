// The compose page: places that were found are added to the list of areas.
"use strict";

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-place]");
  if (!button) return;
  const areas = document.getElementById("field-areas");
  const lines = areas.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (!lines.includes(button.dataset.place)) lines.push(button.dataset.place);
  areas.value = lines.join("\n");
  const finder = document.getElementById("field-q");
  finder.value = "";
  document.getElementById("place-suggestions").replaceChildren();
  finder.focus();
});
