// The devices as they were, and what differs between them.
import { h } from '../dom.js';
import { plural } from '../format.js';
import { compareEnvironments, titleOf, valueText } from '../environments.js';
import { section } from '../section.js';
import { plainTable } from '../tables.js';

const tableOf = (label, fields, environments) => plainTable(label, {
  columns: [{ title: 'Field' }, ...environments.map(({ device }) => ({ title: device }))],
  rows: fields.map((field) => [titleOf(field), ...environments.map((environment) => valueText(field, environment[field]))]),
});

export function environmentsSection() {
  const self = section('environments', 'Environments', 'Everything about a device that could change a number, as it was when it measured.');
  return {
    ...self,
    update({ report, shown }) {
      const used = [...new Set(shown.map((m) => m.environment))].filter((index) => index !== null);
      const environments = used.sort((a, b) => a - b).map((index) => report.environments[index]).filter(Boolean);
      if (environments.length === 0) return self.say('No environment belongs to what the filters show.');
      self.say(null);
      const { differing, same } = compareEnvironments(environments);
      const one = environments.length === 1;
      const folded = same.length === 0 || one ? [] : [h('details', {}, h('summary', {}, `${plural(same.length, 'field')} that ${same.length === 1 ? 'is' : 'are'} the same in all`), tableOf('Fields that are the same in all environments', same, environments))];
      const open = one
        ? [tableOf('The environment', same, environments)]
        : [h('p', {}, differing.length > 0 ? `${plural(environments.length, 'environment')}, which differ in ${plural(differing.length, 'field')}:` : `${plural(environments.length, 'environment')} without a difference that is known.`),
          ...(differing.length > 0 ? [tableOf('Fields in which the environments differ', differing, environments)] : [])];
      self.body.replaceChildren(...open, ...folded);
    },
  };
}
