// The filters as the reader sees them, built once: their boxes follow the state.
import { clipped, h } from './dom.js';
import { facetsOf, isHidden } from './filters.js';

function facetFieldset(facet, store) {
  const boxes = facet.values.map((value, i) => {
    const id = `filter-${facet.key}-${i}`;
    const box = h('input', { type: 'checkbox', id, 'data-facet': facet.key, onchange: () => store.hide(facet.key, [value], !box.checked) });
    return { value, box, element: h('div', { class: 'choice' }, box, clipped(value, 'label', { for: id })) };
  });
  const all = (hide, word) => h('button', {
    type: 'button', class: 'quiet', 'aria-label': `${facet.title}: ${word}`, onclick: () => store.hide(facet.key, facet.values, hide),
  }, word);
  const many = facet.values.length > 1 ? h('div', { class: 'all-none' }, all(false, 'all'), all(true, 'none')) : null;
  return {
    element: h('fieldset', {}, h('legend', {}, facet.title), many, h('div', { class: 'choices' }, boxes.map(({ element }) => element))),
    update(hidden) {
      for (const { value, box } of boxes) box.checked = !isHidden(hidden, facet.key, value);
    },
  };
}

export function filterPanel(report, store) {
  const facets = facetsOf(report.measurements).map((facet) => facetFieldset(facet, store));
  const usual = h('input', { type: 'checkbox', id: 'all-settings', onchange: () => store.setOption('settings', usual.checked ? 'all' : null) });
  const scope = h('fieldset', {}, h('legend', {}, 'Lines, bars and trade-offs'),
    h('div', { class: 'choice' }, usual, h('label', { for: 'all-settings' }, 'at every setting, not only at the one that a model was measured at most')));
  const reset = h('button', { type: 'button', id: 'reset', onclick: () => store.reset() }, 'Reset');
  const details = h('details', { class: 'filter-box', open: true },
    h('summary', {}, h('h2', {}, 'Filters')), facets.map(({ element }) => element), scope, reset);
  return {
    element: details,
    update({ hidden, option }) {
      for (const facet of facets) facet.update(hidden);
      usual.checked = option('settings') === 'all';
    },
  };
}
