"use strict";
// Tables sort by a click on a head and filter by words; the page is complete without this script.
for (const table of document.querySelectorAll("table.data")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(body, heads, column));
    head.append(button);
  });
  if (body.rows.length > 8) addFilter(table, body);
}

function sort(body, heads, column) {
  const falling = heads[column].getAttribute("aria-sort") === "ascending";
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((one, other) => compare(one.key, other.key, falling ? -1 : 1));
  body.append(...rows.map((one) => one.row));
}

function keyOf(cell) {
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  const text = cell.textContent.trim();
  return text === "" || text === "–" ? null : text;
}

// Empty cells come last in both directions; numbers come before words.
function compare(one, other, direction) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  const order = typeof one === "number" ? one - other : one.localeCompare(other, "en", { sensitivity: "base" });
  return direction * order;
}

function addFilter(table, body) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("output");
  label.className = "filter";
  input.type = "search";
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = words.length ? `${shown} of ${body.rows.length} rows` : "";
  });
  label.append("Filter ", input, count);
  table.parentElement.before(label);
}

// The data of a figure comes from the page itself, so that a copied page has it; without this script it is the file beside it.
addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-gzip]");
  if (!link) return;
  event.preventDefault();
  const packed = Uint8Array.from(atob(link.dataset.gzip), (one) => one.charCodeAt(0));
  const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const copy = document.createElement("a");
  copy.href = URL.createObjectURL(new Blob([await new Response(text).blob()], { type: "text/csv" }));
  copy.download = link.getAttribute("href").replace("figures/", "");
  copy.click();
});

// Open what is folded before printing.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
