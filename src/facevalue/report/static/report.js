"use strict";
// Filters the table of all findings. The page is complete without it.
(() => {
  const box = document.getElementById("filter");
  const table = document.getElementById("every");
  if (!box || !table) return;
  const input = document.getElementById("filter-words");
  const count = document.getElementById("filter-count");
  const rows = Array.from(table.tBodies[0].rows, (row) => [row, row.textContent.toLowerCase()]);
  const all = count.textContent;
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    count.textContent = words.length ? `${shown} of ${all}` : all;
  };
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  // A link to a finding must lead to it, even if the filter hides its row.
  addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.hidden) {
      input.value = "";
      filter();
      row.scrollIntoView();
    }
  });
  box.hidden = false;
})();
