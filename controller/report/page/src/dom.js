// Elements from plain data. Text is only ever inserted as text: names in a report come
// from files and devices of strangers.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'value' || name === 'checked' || name === 'selected') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Text that may be of any length: cut by the style sheet, whole when pointed at.
export const clipped = (text, tag = 'span', properties = {}) =>
  h(tag, { ...properties, class: `clip ${properties.class ?? ''}`.trim(), title: String(text) }, String(text));

export const byId = (id) => document.getElementById(id);
