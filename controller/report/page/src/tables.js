// Tables that scroll in a box of their own, so that the page never does.
import { clipped, h } from './dom.js';

const asCell = (cell) => (cell !== null && typeof cell === 'object' ? cell : { text: cell });

// `secondary`: there is no room for it on paper.
const classOf = ({ numeric, secondary }) => [numeric ? 'numeric' : '', secondary ? 'secondary' : ''].join(' ').trim() || null;

// What needs no cutting needs no element for it: in a table of all measurements there are
// tens of thousands of cells.
const SHORT = 24;
const worded = (text) => (text.length > SHORT ? clipped(text) : text);

// A cell is a text, or {text, element, numeric}.
function cellElement(cell, column, first) {
  const { text, element, numeric } = asCell(cell);
  const properties = { class: classOf({ ...column, numeric: numeric ?? column.numeric }), scope: first ? 'row' : null };
  return h(first ? 'th' : 'td', properties, element ?? worded(text ?? ''));
}

export function scrollBox(label, ...children) {
  return h('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': label }, ...children);
}

// columns: {title, numeric}; rows: lists of cells.
export function plainTable(label, { columns, rows }) {
  const head = h('tr', {}, columns.map((c) => h('th', { scope: 'col', class: classOf(c) }, clipped(c.title))));
  const body = rows.map((row) => h('tr', {}, row.map((cell, i) => cellElement(cell, columns[i], i === 0))));
  return scrollBox(label, h('table', {}, h('caption', { class: 'hidden' }, label), h('thead', {}, head), h('tbody', {}, body)));
}

const unknownLast = (a, b) => (a === null) - (b === null);

// Unknown is last in either direction: it is neither small nor large.
export function sortRows(items, valueOf, descending) {
  const sign = descending ? -1 : 1;
  return [...items].sort((left, right) => {
    const a = valueOf(left) ?? null;
    const b = valueOf(right) ?? null;
    if (a === null || b === null) return unknownLast(a, b);
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en'));
  });
}

// columns: {key, title, numeric, value(item), cell(item)}; sort: {key, descending}.
export function sortableTable(label, columns, items, sort, onSort) {
  const heading = (column) => {
    const active = sort.key === column.key;
    const direction = sort.descending ? 'descending' : 'ascending';
    const mark = h('span', { 'aria-hidden': 'true', class: 'sort-mark' }, active ? (sort.descending ? '▼' : '▲') : '');
    const press = () => onSort({ key: column.key, descending: active && !sort.descending });
    const button = h('button', { type: 'button', class: 'sort', 'data-key': column.key, onclick: press }, column.title, mark);
    return h('th', { scope: 'col', class: classOf(column), 'aria-sort': active ? direction : null }, button);
  };
  const sortedBy = columns.find(({ key }) => key === sort.key);
  const rows = sortedBy ? sortRows(items, sortedBy.value, sort.descending) : items;
  const body = rows.map((item) =>
    h('tr', { 'data-measurement': item.id }, columns.map((column, i) => cellElement(column.cell(item), column, i === 0))));
  const head = h('tr', {}, columns.map(heading));
  return scrollBox(label, h('table', { class: 'wide' }, h('caption', { class: 'hidden' }, label), h('thead', {}, head), h('tbody', {}, body)));
}
