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
    this.isChosen = () => true; // of a row, by the filter of cases
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
    this.shown = this.rows.filter((row) => hasWords(row, this.words) && this.isChosen(row));
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

// Chooses cases for all tables that list cases, and for the figures; the tables of numbers have all cases.
const AXES = ["workload", "backend", "build", "workers"];
const MANY = 50; // rows of numbers from which on it helps

class CaseFilter {
  constructor(tables) {
    this.tables = tables.filter((table) => table.names.includes("workload") && table.names.includes("build"));
    this.numbers = tables.filter((table) => table.table.dataset.experiment !== undefined);
    this.count = this.numbers.reduce((sum, table) => sum + table.rows.length, 0);
    this.chosen = new Map(AXES.map((axis) => [axis, new Set()]));
    this.words = [];
    this.pictures = new Map([...document.querySelectorAll("figure img")].map((image) => [image, image.getAttribute("src")]));
    this.waiting = new Set(); // figures that are not in sight and show another choice
    this.isDrawn = () => true; // of the name of a panel
    if (this.count >= MANY) this.build();
  }

  build() {
    const part = document.createElement("details");
    const form = document.createElement("form");
    this.summary = document.createElement("summary");
    part.className = "cases";
    form.append(...AXES.map((axis) => this.boxes(axis)), this.search(), this.reset());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      this.words = [];
      for (const values of this.chosen.values()) values.clear();
      this.apply();
    });
    part.append(this.summary, form);
    document.querySelector("#answers").after(part);
    this.describe(this.count);
    this.sight = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) this.draw(one.target);
    });
    for (const image of this.pictures.keys()) this.sight.observe(figureOf(image));
    addEventListener("beforeprint", () => [...this.waiting].forEach((figure) => this.draw(figure)));
  }

  boxes(axis) {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = axis;
    group.append(legend);
    const texts = new Set(this.numbers.flatMap((table) => table.rows.map((row) => textOf(table, row, axis))));
    texts.delete(undefined);
    for (const text of [...texts].sort(new Intl.Collator("en", { numeric: true }).compare)) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.addEventListener("change", () => {
        this.chosen.get(axis)[box.checked ? "add" : "delete"](text);
        this.apply();
      });
      label.append(box, ` ${text}`);
      group.append(label);
    }
    return group;
  }

  search() {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "search";
    input.addEventListener("input", () => {
      this.words = wordsOf(input.value);
      this.apply();
    });
    label.append("with the words ", input);
    return label;
  }

  reset() {
    const button = document.createElement("button");
    button.type = "reset";
    button.textContent = "Show all";
    return button;
  }

  apply() {
    const isChosen = (table, row) =>
      hasWords(row, this.words) &&
      AXES.every((axis) => {
        const values = this.chosen.get(axis);
        const text = textOf(table, row, axis);
        return !values.size || text === undefined || values.has(text);
      });
    for (const table of this.tables) {
      table.isChosen = (row) => isChosen(table, row);
      table.filter();
    }
    let count = 0;
    const shown = new Set();
    for (const table of this.numbers) {
      const rows = table.rows.filter(table.isChosen);
      count += rows.length;
      for (const row of rows) panelsOf(table, row).forEach((name) => shown.add(name));
      const section = table.table.closest("section");
      section.hidden = !rows.length;
      document.querySelector(`nav a[href="#${CSS.escape(section.id)}"]`).parentElement.hidden = section.hidden;
    }
    this.all ??= new Set(this.numbers.flatMap((table) => table.rows.flatMap((row) => panelsOf(table, row))));
    this.isDrawn = (name) => {
      const known = [name, name.split(" · ")[0]].find((one) => this.all.has(one));
      return known === undefined || shown.has(known);
    };
    for (const image of this.pictures.keys()) {
      this.waiting.add(figureOf(image));
      this.sight.unobserve(figureOf(image));
      this.sight.observe(figureOf(image)); // reports those in sight again
    }
    this.describe(count);
  }

  draw(figure) {
    if (!this.waiting.delete(figure)) return;
    const image = figure.querySelector("img");
    showPanels(image, this.pictures.get(image), this.isDrawn);
  }

  describe(count) {
    const [some, all] = [count, this.count].map((number) => number.toLocaleString("en"));
    this.summary.textContent = count < this.count ? `Cases: ${some} of ${all} combinations` : `Choose cases: all ${all} combinations`;
  }
}

// The text of a row in a column, undefined where the table has none; of workers only the number.
function textOf(table, row, name) {
  const column = table.names.indexOf(name);
  if (column < 0) return undefined;
  const text = row.cells[column][0];
  return name === "workers" ? text.split(" ")[0] : text;
}

// The names that panels with a row may have in the figures of its experiment.
function panelsOf(table, row) {
  const end = ` (${table.table.dataset.experiment})`;
  const text = textOf(table, row, "workload");
  const workload = text.endsWith(end) ? text.slice(0, -end.length) : text;
  return [workload, ...["build", "backend"].map((axis) => `${workload} · ${textOf(table, row, axis)}`)];
}

// Shows only those panels of a figure whose names are chosen, moved together; all of a figure without panels.
const TITLE = 21.6; // the places of figures/panels.py in points: height of a title,
const RIGHT = 10.8; // room right of a panel,
const TICKS = 33; // and below the lowest ones

const STYLE = "style-of-figure"; // the page's policy would forbid it while it is read

function showPanels(image, whole, isChosen) {
  const start = "data:image/svg+xml,";
  const text = decodeURIComponent(whole.slice(start.length)).replace(/(<\/?)style\b/g, `$1${STYLE}`);
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const panels = [...svg.querySelectorAll("g[id^='panel ']")].map(readPanel);
  const chosen = panels.filter((panel) => isChosen(panel.name));
  image.hidden = panels.length > 0 && chosen.length === 0;
  const isWhole = chosen.length === panels.length || image.hidden;
  const write = () => new XMLSerializer().serializeToString(arrange(svg, panels, chosen)).replaceAll(STYLE, "style");
  image.src = isWhole ? whole : start + encodeURIComponent(write());
  figureOf(image).classList.toggle("empty", image.hidden);
}

function figureOf(image) {
  return image.closest("figure");
}

// The name, id, and rectangle of a panel; the first path of its group is its background.
function readPanel(group, place) {
  const name = group.id.slice("panel ".length);
  group.id = `panel${place}`;
  const numbers = group.querySelector("path").getAttribute("d").match(/-?[\d.]+/g).map(Number);
  const [x, y] = [numbers.filter((_, one) => one % 2 === 0), numbers.filter((_, one) => one % 2)];
  return { name, id: group.id, left: Math.min(...x), right: Math.max(...x), top: Math.min(...y), bottom: Math.max(...y) };
}

// The picture with the chosen panels line by line, in as many columns as before; all of it stays as definitions to use.
function arrange(svg, panels, chosen) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const columns = [...new Set(panels.map((panel) => panel.left))].sort((one, other) => one - other);
  const definitions = element("defs");
  definitions.append(...svg.childNodes);
  svg.append(definitions, element("use", { href: "#legend_1" }));
  const room = columns.length > 1 ? columns[1] - columns[0] - (panels[0].right - panels[0].left) - RIGHT : columns[0];
  let y = Math.min(...panels.map((panel) => panel.top)) - TITLE;
  let end = y;
  for (let first = 0; first < chosen.length; first += columns.length) {
    let tallest = 0;
    chosen.slice(first, first + columns.length).forEach((panel, column) => {
      const own = panels.filter((other) => other.left === panel.left);
      const next = Math.min(...own.map((other) => other.top).filter((top) => top > panel.top), Infinity);
      const hasTicks = next - TITLE - panel.bottom > TICKS / 3;
      const below = hasTicks ? Math.min(next - TITLE - panel.bottom, TICKS) : 5;
      const cell = [panel.left - room, panel.top - TITLE, panel.right - panel.left + room + RIGHT];
      const x = columns[column] - room;
      const high = panel.bottom - panel.top + TITLE + below;
      const label = panels.find((other) => other.left === columns[0] && other.top === panel.top);
      svg.append(cut(panel.id, x, y, ...cell, high));
      if (column === 0 && room < columns[0] && label) svg.append(cut(label.id, 0, y, 0, cell[1], x, high));
      tallest = Math.max(tallest, high);
      if (!hasTicks && first + column + columns.length >= chosen.length) {
        const lowest = own.reduce((one, other) => (other.bottom > one.bottom ? other : one));
        svg.append(cut(lowest.id, x, y + high - below, cell[0], lowest.bottom, cell[2], TICKS));
        end = Math.max(end, y + high - below + TICKS);
      }
    });
    y += tallest;
  }
  end = Math.min(height, Math.max(end, y) + 9);
  svg.setAttribute("viewBox", `0 0 ${width} ${end}`);
  svg.setAttribute("height", `${end}pt`);
  return svg;
}

// A part of a group, from left and top, at another place.
function cut(id, x, y, left, top, width, height) {
  const part = element("svg", { x, y, width, height, viewBox: `${left} ${top} ${width} ${height}` });
  part.append(element("use", { href: `#${id}` }));
  return part;
}

function element(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

new CaseFilter([...document.querySelectorAll("table.data")].map((table) => new DataTable(table)));

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

// Opens the part that a link leads to, and what that is in.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target?.querySelector(":scope > details") ?? target; part; part = part.parentElement) {
    if (part.localName === "details") part.open = true;
  }
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

// Open what is folded before printing.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
