"use strict";
// Tables sort by a click on a head and filter by words. Of long ones only the rows in sight are elements of the page; without
// this script they show their first rows.
const EXTRA = 20; // rows drawn above and below those in sight
const printing = matchMedia("print");

class DataTable {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.region = table.parentElement;
    this.heads = [...table.tHead.rows[0].cells];
    this.names = this.heads.map((head) => head.textContent.trim());
    this.rows = [...this.body.rows].map(readRow);
    this.first = this.rows.length; // rows that are printed
    this.words = [];
    const rest = this.region.querySelector("script[type='application/json']");
    if (rest) this.addRows(JSON.parse(rest.textContent));
    this.shown = this.rows;
    this.heads.forEach((head, column) => this.addButton(head, column));
    if (this.rows.length > 8) this.addFilter();
  }

  addRows(rest) {
    for (const [added, ...cells] of rest) {
      this.rows.push({ added, cells: cells.map((cell) => (Array.isArray(cell) ? cell : [cell, keyOf(cell)])) });
    }
    this.isWindowed = true;
    this.region.classList.add("windowed");
    this.region.addEventListener("scroll", () => requestAnimationFrame(() => this.scroll()), { passive: true });
    new ResizeObserver(() => this.render()).observe(this.region);
    printing.addEventListener("change", () => this.render());
    this.table.setAttribute("aria-rowcount", this.rows.length + 1);
  }

  addButton(head, column) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => this.sort(column));
    head.append(button);
  }

  addFilter() {
    const label = document.createElement("label");
    const input = document.createElement("input");
    this.count = document.createElement("output");
    label.className = "filter";
    input.type = "search";
    input.addEventListener("input", () => {
      this.words = wordsOf(input.value);
      this.filter();
    });
    label.append("Filter ", input, this.count);
    this.region.before(label);
  }

  sort(column) {
    const falling = this.heads[column].getAttribute("aria-sort") === "ascending";
    for (const head of this.heads) head.removeAttribute("aria-sort");
    this.heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
    this.rows.sort((one, other) => compare(one.cells[column][1], other.cells[column][1], falling ? -1 : 1));
    this.filter();
  }

  filter() {
    this.shown = this.rows.filter((row) => hasWords(row, this.words));
    const isNarrowed = this.shown.length < this.rows.length || this.words.length > 0;
    if (this.count) this.count.textContent = isNarrowed ? `${this.shown.length} of ${this.rows.length} rows` : "";
    if (this.isWindowed) this.region.scrollTop = 0;
    this.render();
  }

  // Draws the rows in sight between two spaces as high as the rows that are not drawn.
  render() {
    if (!this.isWindowed || printing.matches) {
      const rows = this.isWindowed ? this.shown.slice(0, this.first) : this.shown;
      this.body.replaceChildren(...rows.map(elementOf));
      return;
    }
    if (!this.region.clientHeight) return; // in a part that is folded
    this.height ??= this.fixWidths();
    const top = Math.floor(this.region.scrollTop / this.height);
    this.from = Math.max(0, top - EXTRA);
    const to = top + Math.ceil(innerHeight / this.height) + EXTRA; // the region is no higher than the window
    const rows = this.shown.slice(this.from, to).map((row, place) => {
      const element = elementOf(row);
      element.setAttribute("aria-rowindex", this.from + place + 2);
      return element;
    });
    const below = Math.max(0, this.shown.length - to);
    this.body.replaceChildren(space(this.from * this.height), ...rows, space(below * this.height));
  }

  scroll() {
    const top = Math.floor(this.region.scrollTop / this.height);
    if (Math.abs(top - EXTRA - this.from) > EXTRA / 2 || top < EXTRA) this.render();
  }

  // Makes each column as wide as its longest text; returns the height of a row.
  fixWidths() {
    const longest = this.heads.map((_, column) =>
      this.rows.map((row) => row.cells[column]).reduce((one, other) => (other[0].length > one[0].length ? other : one)),
    );
    const row = elementOf({ added: null, cells: longest });
    this.body.replaceChildren(row);
    const widths = this.heads.map((head) => head.getBoundingClientRect().width);
    this.heads.forEach((head, column) => (head.style.minWidth = `${widths[column]}px`));
    return row.getBoundingClientRect().height;
  }
}

// A row: why it was added, its cells as [text, what it is sorted by], its element where it has one.
function readRow(element) {
  const cells = [...element.cells].map((cell) => {
    const text = cell.textContent.trim();
    return [text, cell.dataset.value === undefined ? keyOf(text) : Number(cell.dataset.value)];
  });
  return { element, cells };
}

function elementOf(row) {
  if (row.element) return row.element;
  const element = document.createElement("tr");
  if (row.added) {
    element.className = "added";
    element.title = `added: ${row.added}`;
  }
  for (const [text] of row.cells) element.insertCell().textContent = text;
  return element;
}

function space(height) {
  const row = document.createElement("tr");
  row.className = "space";
  row.setAttribute("aria-hidden", "true");
  row.style.height = `${height}px`;
  return row;
}

function keyOf(text) {
  return text === "" || text === "–" ? null : text;
}

// Empty cells come last in both directions; numbers come before words.
function compare(one, other, direction) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  const order = typeof one === "number" ? one - other : collator.compare(one, other);
  return direction * order;
}

const collator = new Intl.Collator("en", { sensitivity: "base" });

function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function hasWords(row, words) {
  row.text ??= row.cells.map(([text]) => text).join(" ").toLowerCase();
  return words.every((word) => row.text.includes(word));
}

const tables = [...document.querySelectorAll("table.data")].map((table) => new DataTable(table));

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
