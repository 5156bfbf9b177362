// Form controls that live as long as the page: what they offer changes with the
// filters, but the element, and with it the keyboard's focus, stays.
import { h } from './dom.js';
import { shorten } from './format.js';

const LONGEST_CHOICE = 60;

// choices: {value, text}
export function choice(id, label, onChange) {
  const select = h('select', { id, onchange: () => onChange(select.value) });
  const element = h('span', { class: 'control' }, h('label', { for: id }, label), select);
  let offered = '';
  return {
    element,
    update(choices, value) {
      const key = JSON.stringify(choices);
      if (key !== offered) {
        offered = key;
        select.replaceChildren(
          ...choices.map((c) => h('option', { value: c.value, title: c.text }, shorten(c.text, LONGEST_CHOICE))));
      }
      select.value = value;
      element.hidden = choices.length < 2;
    },
  };
}

export function toggle(id, label, onChange) {
  const box = h('input', { type: 'checkbox', id, onchange: () => onChange(box.checked) });
  const element = h('span', { class: 'control' }, box, h('label', { for: id }, label));
  return {
    element,
    update(checked, shown = true) {
      box.checked = checked;
      element.hidden = !shown;
    },
  };
}
