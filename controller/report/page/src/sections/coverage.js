// How much of a model ran as its precision asks, and why the rest did not.
import { groupedBars } from '../charts/bars.js';
import { h } from '../dom.js';
import { percent, tick } from '../format.js';
import { colourOf } from '../palette.js';
import { groupBy, labeller } from '../settings.js';
import { plainTable } from '../tables.js';
import { barsSection, groupsByModel } from './bars_section.js';

const asAsked = ({ coverage }) => coverage.covered_ops ?? coverage.int8_ops ?? 0;

const textOf = (m) => `${asAsked(m)} of ${m.coverage.total_ops}${m.coverage.unchanged ? ', changed nothing' : ''}`;

// The same reason of several measurements is one row.
function reasonRows(known, nameOf) {
  const skipped = known.flatMap((m) => m.coverage.skipped.map((one) => ({ ...one, measurement: m })));
  const alike = groupBy(skipped, ({ kind, reason, count, measurement }) => JSON.stringify([measurement.model, kind, reason, count]));
  return [...alike.values()].map((group) => {
    const [{ kind, reason, count, measurement }] = group;
    const where = [...new Set(group.map((one) => nameOf(one.measurement)))].join('; ');
    return [measurement.model, kind, String(count), reason, where];
  });
}

function coverageChart({ usual, looks }) {
  const known = usual.filter((m) => m.precision !== 'fp32' && m.coverage && m.coverage.total_ops > 0);
  if (known.length === 0) return 'Nothing that the filters show was quantized, or no device said which operators were.';
  const nameOf = labeller(known);
  const row = (theme) => (m) => {
    const share = asAsked(m) / m.coverage.total_ops;
    const parts = [
      { value: share, colour: colourOf(theme, looks.precision(m.precision)) },
      { value: 1 - share, colour: theme.line },
    ];
    return { text: textOf(m), tooltip: [nameOf(m), `${textOf(m)} operators ran as asked (${percent(share, 0)})`], parts };
  };
  const reasons = reasonRows(known, labeller(known, ['model']));
  const reasonTable = reasons.length > 0
    ? [h('h3', {}, 'Why operators did not run as asked'),
      plainTable('Why operators did not run as asked', {
        columns: [{ title: 'Model' }, { title: 'operator' }, { title: 'count', numeric: true }, { title: 'reason' }, { title: 'where' }],
        rows: reasons,
      })]
    : [];
  return {
    heading: 'Operators that ran as the precision asks',
    caption: 'Share of the operators with weights, counted in one inference, that ran as the precision asks (coloured); the others ran in fp32 (grey).',
    build: (frame) => groupedBars({
      groups: groupsByModel(known, row(frame.theme)),
      axisName: 'share of the operators, %',
      formatTick: (value) => tick(100 * value),
      stacked: true,
      max: 1,
    })(frame),
    table: {
      columns: [{ title: 'Measurement' }, { title: 'as asked', numeric: true }, { title: 'in fp32', numeric: true }, { title: 'share', numeric: true }],
      rows: known.map((m) => [nameOf(m), String(asAsked(m)), String(m.coverage.total_ops - asAsked(m)), percent(asAsked(m) / m.coverage.total_ops, 0)]),
    },
    extra: reasonTable,
  };
}

export const coverageSection = () => barsSection({ id: 'coverage', title: 'Coverage', chartOf: coverageChart });
