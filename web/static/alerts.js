// The compose page: shows the fields that the kind has, and adds places that were found to the list.
"use strict";

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

const kind = document.getElementById("field-kind");
function showFieldsOfKind() {
  for (const part of document.querySelectorAll("[data-kinds]")) {
    part.hidden = kind.value !== "" && !part.dataset.kinds.split(" ").includes(kind.value);
  }
}
kind.addEventListener("change", showFieldsOfKind);
showFieldsOfKind();

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
