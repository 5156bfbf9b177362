// A part of the page. It keeps its place and its controls; when there is nothing to
// show it says why, in a sentence.
import { h } from './dom.js';

export function section(id, title, lead = null) {
  const heading = h('h2', { id: `${id}-title`, tabindex: '-1' }, title);
  const controls = h('div', { class: 'controls' });
  const nothing = h('p', { class: 'nothing', hidden: true });
  const body = h('div', { class: 'body' });
  const element = h('section', { id, 'aria-labelledby': `${id}-title` },
    heading, lead ? h('p', { class: 'lead' }, lead) : null, controls, nothing, body);
  return {
    id,
    title,
    element,
    controls,
    body,
    // With a sentence the section is empty but for it, with null it is whole.
    say(sentence) {
      nothing.textContent = sentence ?? '';
      nothing.hidden = sentence === null;
      controls.hidden = sentence !== null;
      body.hidden = sentence !== null;
    },
  };
}
