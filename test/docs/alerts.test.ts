/** docs/operations.md has a row for every metric and alert, and the alert rules fire for what they name. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEFINITIONS } from '../../src/caller/metrics/definitions.ts';
import { hasPromtool, promtool, reportIfNoPromtool } from '../support/promtool.ts';
import { REPOSITORY } from '../support/repository.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const DASHBOARD = 'examples/prometheus/outspool.dashboard.json';
const RULES = 'examples/prometheus/outspool.rules.yaml';
const textOf = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const DURATION = 'outspool_delivery_duration_seconds';

interface Panel {
  readonly targets: readonly { readonly expr: string }[];
}

/** The expressions of the dashboard, with values in the place of Grafana's variables. */
const expressions = (): string[] =>
  (JSON.parse(textOf(DASHBOARD)).panels as Panel[])
    .flatMap(({ targets }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$producer', '.*'));

const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

describe('metrics and alerts in docs/operations.md', () => {
  const directory = temporaryDirectories();
  const [, section = ''] = textOf('docs/operations.md').split('\n## Metrics\n');
  const [metrics = '', alerts = ''] = (section.split('\n## ')[0] as string).split('\n### Alerts\n');
  const firstCells = (text: string) => namesIn(text, /^\| (`.+?) \|/gm).flatMap((cell) => namesIn(cell, /`(\w+)`/g));
  const names = DEFINITIONS.map(({ name }) => name);

  it('have a row for every metric, with its labels', () => {
    expect(firstCells(metrics)).to.have.members(names);
    for (const { name, labelNames, type } of DEFINITIONS) {
      const row = metrics.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${name}\``));
      expect(row, name).to.contain(type.toLowerCase());
      for (const label of labelNames) expect(row, name).to.contain(`\`${label}\``);
    }
  });

  it('have a row for every alert, and no alert uses a metric that does not exist', () => {
    const rules = textOf(RULES);
    const named = namesIn(rules, /^ +- alert: (\w+)$/gm);
    expect(named).to.have.lengthOf(6);
    expect(firstCells(alerts)).to.deep.equal(named);
    const used = namesIn(rules, /\b(outspool_\w+)/g);
    expect(used.length).to.be.above(5);
    expect(names).to.include.members(used);
  });

  it('have a dashboard that uses metrics and labels that exist', () => {
    const used = expressions().flatMap((expression) => namesIn(expression, /\b(outspool_\w+)/g));
    expect(used.length).to.be.above(15);
    expect([...names, `${DURATION}_bucket`]).to.include.members(used);
    const labels = expressions().flatMap((expression) => [
      ...namesIn(expression, /by \((\w+)\)/g),
      ...namesIn(expression, /[{,](\w+)[=!]/g),
    ]);
    const known = DEFINITIONS.flatMap(({ labelNames }) => labelNames);
    expect(['producer', 'le', ...known]).to.include.members(labels);
  });

  reportIfNoPromtool('checks of the alert rules');
  if (!hasPromtool) return;

  it('are rules that promtool takes, and that fire for what they name and for nothing else', () => {
    expect(promtool(['check', 'rules', join(REPOSITORY, RULES)])).to.deep.include({ code: 0 });
    const { code, output } = promtool(['test', 'rules', join(REPOSITORY, 'test/fixtures/prometheus/alerts.test.yaml')]);
    expect(code, output).to.equal(0);
  });

  it('are expressions of the dashboard that promtool takes', () => {
    const rules = expressions().map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(directory(), 'dashboard.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { code, output } = promtool(['check', 'rules', file]);
    expect(code, output).to.equal(0);
  });
});
