/*
 * The diff of a definition's fields. `data` is { fields: [{ name, title, before, after }], view } with
 * the view "split" or "inline". Every text of a person or a model is put in by textContent.
 */
import { countWords, rowsOf, unified } from "./rows.js";

const NARROW = 620; // pixels; below, two columns are too thin to read
const CONTEXT = 3; // unchanged lines around a change
const AT_ONCE = 600; // rows drawn before one is asked for more
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SIGNS = { same: "", changed: "±", removed: "−", added: "+" };
const SAID = { changed: "changed", removed: "removed", added: "added" };

const drawn = new WeakMap();

export default function diff({ data, parentElement }) {
  const as = JSON.stringify(data);
  const before = drawn.get(parentElement);
  if (before?.as === as) return before.stop; // a rerun: what was unfolded stays so
  before?.stop();
  const root = make("div", "root");
  parentElement.append(root);
  const fields = data.fields.map((field) => new Field(field));
  root.append(...fields.map((field) => field.box));
  const draw = () => fields.forEach((field) => field.draw(data.view === "split" && root.clientWidth >= NARROW));
  draw();
  const watched = new ResizeObserver(draw);
  watched.observe(root);
  const stop = () => {
    watched.disconnect();
    root.remove();
    drawn.delete(parentElement);
  };
  drawn.set(parentElement, { as, stop });
  return stop;
}

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(text, onClick, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

class Field {
  constructor({ name, title, before, after }) {
    Object.assign(this, { name, title, before, after });
    this.rows = rowsOf(before, after);
    this.unfolded = new Set();
    this.shown = AT_ONCE;
    this.box = make("section", "field");
    this.place = make("div", "scroll");
    this.place.tabIndex = 0;
    this.place.setAttribute("role", "region");
    this.place.setAttribute("aria-label", `Changes of ${title}`);
    this.box.append(this.head(), this.place);
  }

  head() {
    const head = make("div", "head");
    const counts = make("span", "counts");
    counts.append(
      make("span", "plus", `+${words(countWords(this.rows, "ins"))}`),
      make("span", "minus", `−${words(countWords(this.rows, "del"))}`),
    );
    head.append(make("strong", "title", this.title), counts, this.tools());
    return head;
  }

  tools() {
    const tools = make("div", "tools");
    const told = make("span", "quiet");
    told.setAttribute("role", "status");
    const offers = [
      ["Copy old", () => this.before],
      ["Copy new", () => this.after],
      ["Copy as diff", () => unified(this.before, this.after, this.name)],
    ];
    for (const [text, what] of offers) {
      const made = button(text, () => copy(what(), made, told));
      made.setAttribute("aria-label", `${text}: ${this.title}`);
      tools.append(made);
    }
    const tall = button("Full height", () => {
      const now = this.place.classList.toggle("tall");
      tall.setAttribute("aria-pressed", String(now));
    });
    tall.setAttribute("aria-pressed", "false");
    tools.append(tall, told);
    return tools;
  }

  draw(split) {
    if (this.split === split) return;
    this.split = split;
    this.redraw();
  }

  redraw() {
    const top = this.place.scrollTop;
    const table = make("table", this.split ? "split" : "inline");
    table.append(columns(this.split), heading(this.split));
    const body = make("tbody");
    body.append(...this.visible().map((row) => (row.count ? this.fold(row) : line(row, this.split))));
    table.append(body);
    this.place.replaceChildren(table);
    this.place.scrollTop = top;
  }

  visible() {
    const entries = folded(this.rows, this.unfolded);
    if (entries.length <= this.shown) return entries;
    return [...entries.slice(0, this.shown), { fold: "more", count: entries.length - this.shown }];
  }

  fold({ fold, count }) {
    const row = make("tr", "fold");
    const cell = make("td");
    cell.colSpan = this.split ? 6 : 4;
    const more = fold === "more";
    const what = `${count.toLocaleString("en")} ${more ? "more" : "unchanged"} line${count === 1 ? "" : "s"}`;
    cell.append(
      button(`Show ${what}`, () => {
        if (more) this.shown += 5 * AT_ONCE;
        else this.unfolded.add(fold);
        this.redraw();
        this.place.focus({ preventScroll: true }); // the button that had the focus is gone
      }),
    );
    row.append(cell);
    return row;
  }
}

const words = (count) => `${count.toLocaleString("en")} word${count === 1 ? "" : "s"}`;

/* Changed rows with a little context; longer equal stretches as { fold, count }. */
function folded(rows, unfolded) {
  const near = new Uint8Array(rows.length);
  rows.forEach((row, at) => {
    if (row.kind !== "same") near.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  });
  const entries = [];
  for (let at = 0; at < rows.length; ) {
    let end = at;
    while (end < rows.length && !near[end]) end += 1;
    if (end - at > 1 && !unfolded.has(at)) entries.push({ fold: at, count: end - at });
    else for (const row of rows.slice(at, Math.max(end, at + 1))) entries.push(row);
    at = Math.max(end, at + 1);
  }
  return entries;
}

function columns(split) {
  const made = make("colgroup");
  const kinds = split ? ["number", "sign", "", "number", "sign", ""] : ["number", "number", "sign", ""];
  made.append(...kinds.map((kind) => make("col", kind)));
  return made;
}

function heading(split) {
  const names = split
    ? ["Line before", "Change", "Before", "Line after", "Change", "After"]
    : ["Line before", "Line after", "Change", "Text"];
  const row = make("tr");
  row.append(
    ...names.map((name) => {
      const cell = make("th", split && (name === "Before" || name === "After") ? "" : "quiet-cell");
      cell.scope = "col";
      cell.append(make("span", cell.className ? "quiet" : "", name));
      return cell;
    }),
  );
  const head = make("thead", split ? "" : "none");
  head.append(row);
  return head;
}

function line(row, split) {
  const made = make("tr", row.kind);
  if (split) {
    made.append(...side(row, row.oldNumber, row.old, "removed"), ...side(row, row.newNumber, row.fresh, "added"));
  } else {
    made.append(number(row.oldNumber), number(row.newNumber), sign(row.kind), text(row.merged, row.kind));
  }
  return made;
}

function side(row, at, pieces, as) {
  if (!pieces) return [number(null, "void"), sign("same", "void"), make("td", "void")];
  const kind = row.kind === "same" ? "same" : as;
  return [number(at, kind), sign(kind), text(pieces, row.kind === "changed" ? `${kind} part` : kind)];
}

function number(at, kind = "") {
  return make("td", `number ${kind}`, at === null ? "" : String(at));
}

function sign(kind, more = "") {
  const cell = make("td", `sign ${kind} ${more}`);
  if (!SIGNS[kind]) return cell;
  const drawn = make("span", "", SIGNS[kind]);
  drawn.setAttribute("aria-hidden", "true");
  cell.append(drawn, make("span", "quiet", SAID[kind]));
  return cell;
}

function text(pieces, kind) {
  const cell = make("td", `text ${kind}`);
  cell.dir = "auto";
  cell.append(...pieces.map(({ mark, text: words }) => make(mark || "span", "", legible(words))));
  return cell;
}

/* Controls and direction marks can make a text read as what it is not: they are shown by their number. */
function legible(words) {
  return words.replace(HIDDEN, (one) => `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

async function copy(what, pressed, told) {
  const done = (await byClipboard(what)) || bySelection(what);
  told.textContent = done ? "Copied." : "The browser does not let this page copy.";
  const before = pressed.textContent;
  if (done && before !== "Copied") {
    pressed.textContent = "Copied";
    setTimeout(() => {
      pressed.textContent = before;
      told.textContent = "";
    }, 2000);
  }
}

async function byClipboard(what) {
  try {
    await navigator.clipboard.writeText(what);
    return true;
  } catch {
    return false; // plain http on another machine has no clipboard
  }
}

function bySelection(what) {
  const area = make("textarea");
  area.value = what;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
