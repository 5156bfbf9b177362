// The state of the page in the fragment of its address, so that a link shows what
// its sender saw. Only what differs from an untouched page is written.
import { FACET_KEYS } from './filters.js';

const HIDE = 'hide-';

// {hidden: Map of facet to Set of texts, options: Map of text to text}
export function parseState(fragment) {
  const hidden = new Map();
  const options = new Map();
  for (const [name, value] of new URLSearchParams(fragment.replace(/^#/, ''))) {
    const facet = name.startsWith(HIDE) ? name.slice(HIDE.length) : null;
    if (facet === null) options.set(name, value);
    else if (FACET_KEYS.includes(facet)) hidden.set(facet, (hidden.get(facet) ?? new Set()).add(value));
  }
  return { hidden, options };
}

export function formatState({ hidden, options }) {
  const parameters = new URLSearchParams();
  for (const key of FACET_KEYS) for (const value of hidden.get(key) ?? []) parameters.append(HIDE + key, value);
  for (const [name, value] of options) parameters.append(name, value);
  return parameters.toString();
}
