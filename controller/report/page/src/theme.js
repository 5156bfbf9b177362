// Light or dark: as the reader's system says, until they press the button.

const NAMES = ['light', 'dark'];

export function createThemeButton(button, store, onChange = () => {}) {
  const system = window.matchMedia('(prefers-color-scheme: dark)');

  function current() {
    const chosen = store.option('theme');
    if (NAMES.includes(chosen)) return chosen;
    return system.matches ? 'dark' : 'light';
  }

  function update() {
    const name = current();
    document.documentElement.dataset.theme = name;
    button.textContent = name === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Show the page ${name === 'dark' ? 'light' : 'dark'}`);
    return name;
  }

  button.hidden = false;
  button.addEventListener('click', () => {
    store.setOption('theme', current() === 'dark' ? 'light' : 'dark');
    update();
  });
  system.addEventListener('change', () => onChange(update()));
  update();
  return { update };
}
