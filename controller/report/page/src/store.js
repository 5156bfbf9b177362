// The state of the page: what is hidden, and what is chosen in the sections. Whoever
// changes it changes the address too.
import { isHidden, withHidden } from './filters.js';
import { formatState, parseState } from './url_state.js';

// These say how the page looks, not what it shows: "reset" leaves them.
const KEPT = ['theme'];

export function createStore(onChange) {
  let state = parseState(location.hash);

  function change(next) {
    state = next;
    const fragment = formatState(state);
    history.replaceState(null, '', fragment ? `#${fragment}` : location.href.split('#')[0]);
    onChange();
  }

  // The reader followed a link within the page, or edited the address.
  window.addEventListener('hashchange', () => {
    state = parseState(location.hash);
    onChange();
  });

  return {
    get hidden() {
      return state.hidden;
    },
    option: (name) => state.options.get(name) ?? null,
    setOption(name, value) {
      const options = new Map(state.options);
      if (value === null) options.delete(name);
      else options.set(name, value);
      change({ ...state, options });
    },
    hide(key, values, hide) {
      const changed = values.filter((value) => isHidden(state.hidden, key, value) !== hide);
      change({ ...state, hidden: changed.reduce((hidden, value) => withHidden(hidden, key, value, hide), state.hidden) });
    },
    reset() {
      change({ hidden: new Map(), options: new Map([...state.options].filter(([name]) => KEPT.includes(name))) });
    },
  };
}
