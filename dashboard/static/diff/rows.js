/*
 * What changed between two texts, as the rows of a table. Pure: knows no page.
 *
 * Lines are compared first, then the words of lines that belong together. Work is counted rather than
 * timed, so that the same texts always give the same rows, and bounded, so that texts which share
 * nothing cost no more than a moment: then whole sentences or lines are said to have changed.
 */
import "./jsdiff/diff.min.js";

const { diffArrays, createTwoFilesPatch } = globalThis.Diff;

const MARKS = "!-\\/:-@\\[-`{-~\\u2010-\\u203a\\u3000-\\u303f";
const ONE_BY_ONE = "\\u3040-\\u30ff\\u3400-\\u9fff";
const LETTER = `[^\\s${MARKS}${ONE_BY_ONE}]`;
/* A word, one mark of punctuation or one space; scripts without spaces go character by character. */
const WORD = new RegExp(`\\s|[${ONE_BY_ONE}]|${LETTER}+(?:['’_-]${LETTER}+)*|\\S`, "gu");
const SENTENCE = /[^.!?;:,。]*(?:[.!?;:,。]+\s*|$)/gu;

const EDITS = 500; // the most edits that a stretch without ties is searched for
const EFFORT = 1_200_000; // comparisons for one field
const ROUNDS = 6; // how often what lies between ties may be tied again
const LONGEST = 400_000; // characters of two lines whose words are compared
const PAIRINGS = 10_000; // old lines times new lines of one place that are looked at for pairs
const ALIKE = 0.35; // lines that share less than this are two lines, not one that changed
const ISLAND = 2; // so few words left equal between two larger changes read as changed

export function linesOf(text) {
  const clean = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  return clean ? clean.split("\n") : [];
}

export const unified = (before, after, name) =>
  createTwoFilesPatch(name, name, ended(before), ended(after), "before", "after", { context: 3 });

const ended = (text) => (text === "" || text.endsWith("\n") ? text : text + "\n");

/*
 * [{ kind: "same" | "changed" | "removed" | "added", oldNumber, newNumber, old, fresh, merged }]
 * where old, fresh and merged are lists of { mark: "" | "del" | "ins", text }.
 */
export function rowsOf(before, after) {
  const counted = { old: 0, fresh: 0 };
  const effort = { left: EFFORT };
  return stretches(linesOf(before), linesOf(after), effort).flatMap((stretch) =>
    stretch.equal
      ? stretch.old.map((line) => numbered(sameRow(line), counted))
      : changedRows(stretch.old, stretch.fresh, effort).map((row) => numbered(row, counted)),
  );
}

function numbered(row, counted) {
  row.oldNumber = row.old ? ++counted.old : null;
  row.newNumber = row.fresh ? ++counted.fresh : null;
  return row;
}

function sameRow(line) {
  const plain = [{ mark: "", text: line }];
  return { kind: "same", old: plain, fresh: plain, merged: plain };
}

/* Equal and changed stretches in order, of lines, sentences or words. */
function stretches(old, fresh, effort, rounds = ROUNDS) {
  const head = shared(old, fresh, (list, at) => list[at]);
  const rest = Math.min(old.length, fresh.length) - head;
  const tail = Math.min(rest, shared(old, fresh, (list, at) => list[list.length - 1 - at]));
  const middle = [old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)];
  const found = [equal(old.slice(0, head)), ...compared(...middle, effort, rounds), equal(old.slice(old.length - tail))];
  return found.filter((one) => one.old.length || one.fresh.length);
}

const equal = (old) => ({ equal: true, old, fresh: old });

function shared(old, fresh, at) {
  const most = Math.min(old.length, fresh.length);
  let count = 0;
  while (count < most && at(old, count) === at(fresh, count)) count += 1;
  return count;
}

function compared(old, fresh, effort, rounds) {
  const tied = old.length + fresh.length > EDITS && rounds ? ties(old, fresh) : [];
  if (tied.length) return between(old, fresh, tied, effort, rounds - 1);
  return searched(old, fresh, effort) ?? [{ equal: false, old, fresh }];
}

/* By the shortest edit script; undefined where that would cost too much. */
function searched(old, fresh, effort) {
  if (!old.length || !fresh.length) return undefined;
  effort.left -= Math.min(old.length + fresh.length, EDITS) ** 2 / 2;
  if (effort.left < 0) return undefined;
  const found = [];
  for (const part of diffArrays(old, fresh, { maxEditLength: EDITS }) ?? [{ removed: true, value: old }, { added: true, value: fresh }]) {
    if (!part.added && !part.removed) found.push(equal(part.value));
    else {
      if (!found.length || found.at(-1).equal) found.push({ equal: false, old: [], fresh: [] });
      const last = found.at(-1);
      const side = part.removed ? "old" : "fresh";
      last[side] = last[side].concat(part.value);
    }
  }
  return found;
}

/* Places [old, fresh] of what occurs once on both sides, in the same order on both: patience diff. */
function ties(old, fresh) {
  const [at, there] = [once(old), once(fresh)];
  const common = [...at].filter(([token, place]) => place >= 0 && (there.get(token) ?? -1) >= 0);
  return rising(common.map(([token, place]) => [place, there.get(token)]));
}

function once(tokens) {
  const places = new Map();
  tokens.forEach((token, at) => places.set(token, places.has(token) ? -1 : at));
  return places;
}

/* The longest run of pairs whose second places rise; the first ones do already. */
function rising(found) {
  const [ends, before] = [[], []];
  found.forEach(([, second], at) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (found[ends[middle]][1] < second) low = middle + 1;
      else high = middle;
    }
    before[at] = low ? ends[low - 1] : -1;
    ends[low] = at;
  });
  const run = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]) run.push(found[at]);
  return run.reverse();
}

function between(old, fresh, tied, effort, rounds) {
  const found = [];
  let [i, j] = [0, 0];
  for (const [atOld, atFresh] of [...tied, [old.length, fresh.length]]) {
    for (const one of stretches(old.slice(i, atOld), fresh.slice(j, atFresh), effort, rounds)) append(found, one);
    if (atOld < old.length) append(found, equal([old[atOld]]));
    [i, j] = [atOld + 1, atFresh + 1];
  }
  return found.map((one) => (one.equal ? equal(one.old) : one));
}

function append(found, one) {
  const last = found.at(-1);
  if (!last || last.equal !== one.equal) {
    found.push({ equal: one.equal, old: [...one.old], fresh: [...one.fresh] });
    return;
  }
  for (const token of one.old) last.old.push(token);
  for (const token of one.fresh) last.fresh.push(token);
}

function changedRows(old, fresh, effort) {
  const rows = [];
  let [nextOld, nextFresh] = [0, 0];
  for (const [atOld, atFresh] of [...pairs(old, fresh), [old.length, fresh.length]]) {
    for (const gone of old.slice(nextOld, atOld)) rows.push(removedRow(gone));
    for (const come of fresh.slice(nextFresh, atFresh)) rows.push(addedRow(come));
    if (atOld < old.length) rows.push(changedRow(old[atOld], fresh[atFresh], effort));
    [nextOld, nextFresh] = [atOld + 1, atFresh + 1];
  }
  return rows;
}

const removedRow = (line) => wholeRow("removed", "del", line, "old");
const addedRow = (line) => wholeRow("added", "ins", line, "fresh");

function wholeRow(kind, mark, line, side) {
  const whole = [{ mark, text: line }];
  return { kind, old: null, fresh: null, [side]: whole, merged: whole };
}

function changedRow(old, fresh, effort) {
  const merged = words(old, fresh, effort);
  return {
    kind: "changed",
    old: merged.filter((piece) => piece.mark !== "ins"),
    fresh: merged.filter((piece) => piece.mark !== "del"),
    merged,
  };
}

/* Which old line became which new one: order kept, the most in common in all. */
function pairs(old, fresh) {
  if (old.length * fresh.length > PAIRINGS) return [];
  if (old.length === 1 && fresh.length === 1) return [[0, 0]];
  const [bags, others] = [old.map(bag), fresh.map(bag)];
  const alike = bags.map((one) => others.map((other) => likeness(one, other)));
  const best = Array.from({ length: old.length + 1 }, () => new Float64Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      const together = alike[i][j] >= ALIKE ? alike[i][j] + best[i + 1][j + 1] : 0;
      best[i][j] = Math.max(together, best[i + 1][j], best[i][j + 1]);
    }
  }
  return walked(best, alike);
}

function walked(best, alike) {
  const found = [];
  let [i, j] = [0, 0];
  while (i < alike.length && j < alike[i].length) {
    if (alike[i][j] >= ALIKE && best[i][j] === alike[i][j] + best[i + 1][j + 1]) found.push([i++, j++]);
    else if (best[i][j] === best[i + 1][j]) i += 1;
    else j += 1;
  }
  return found;
}

function bag(line) {
  const counts = new Map();
  let size = 0;
  for (const word of line.toLowerCase().match(WORD) ?? []) {
    if (!word.trim()) continue;
    counts.set(word, (counts.get(word) ?? 0) + word.length);
    size += word.length;
  }
  return { counts, size };
}

function likeness(one, other) {
  if (!one.size || !other.size) return 0;
  const [few, many] = one.counts.size <= other.counts.size ? [one, other] : [other, one];
  let common = 0;
  for (const [word, weight] of few.counts) common += Math.min(weight, many.counts.get(word) ?? 0);
  return (2 * common) / (one.size + other.size);
}

function words(old, fresh, effort) {
  if (old.length + fresh.length > LONGEST) return [{ mark: "del", text: old }, { mark: "ins", text: fresh }];
  const found = stretches(old.match(WORD) ?? [], fresh.match(WORD) ?? [], effort);
  if (found.some((one) => one.equal)) return pieces(joined(found));
  return pieces(stretches(old.match(SENTENCE), fresh.match(SENTENCE), effort));
}

/* A few words that two larger changes happen to share would cut a rewritten clause to pieces. */
function joined(found) {
  const merged = [];
  found.forEach((one, at) => {
    const island = one.equal && at > 0 && at < found.length - 1 && isIsland(one, found[at - 1], found[at + 1]);
    const last = merged.at(-1);
    if (last && !last.equal && (!one.equal || island)) {
      last.old = last.old.concat(one.old);
      last.fresh = last.fresh.concat(one.fresh);
    } else merged.push({ ...one });
  });
  return merged;
}

function isIsland(one, before, after) {
  const count = said(one.old);
  const smaller = Math.min(...[before, after].map((side) => Math.max(said(side.old), said(side.fresh))));
  return count === 0 || (count <= ISLAND && count < smaller);
}

const said = (tokens) => tokens.filter((token) => token.trim()).length;

function pieces(found) {
  return found
    .flatMap((one) =>
      one.equal ? [piece("", one.old)] : [piece("del", one.old), piece("ins", one.fresh)],
    )
    .filter((one) => one.text);
}

const piece = (mark, tokens) => ({ mark, text: tokens.join("") });

export function countWords(rows, mark) {
  const marked = rows.flatMap((row) => row.merged.filter((one) => one.mark === mark));
  return marked.reduce((sum, one) => sum + (one.text.match(/\S+/g) ?? []).length, 0);
}
