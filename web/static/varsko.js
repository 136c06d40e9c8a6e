// What makes pages nicer where JavaScript runs. Nothing here is needed for a page to work.
"use strict";

// The error summary takes focus, so that a screen reader starts there.
document.querySelector("[data-focus]")?.focus();

// How many characters are left in a text area.
for (const area of document.querySelectorAll("textarea[data-count]")) {
  const counter = document.getElementById(area.dataset.count);
  const limit = Number(area.maxLength);
  const show = () => {
    counter.textContent = area.dataset.left.replace("#", limit - area.value.length);
  };
  area.addEventListener("input", show);
  show();
}

// A form is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});
