/** The example for Kubernetes: its parts fit each other, the endpoint and the command. No cluster is needed for that. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { parseDuration } from '../../src/config/schema/duration.ts';
import { parseListen } from '../../src/config/schema/listen.ts';
import { loadConfig } from '../../src/runtime.ts';
import { REPOSITORY } from '../support/repository.ts';
import { temporaryDirectories } from '../support/temporary.ts';

/** Where the example mounts the volume, which this machine does not have. */
const VOLUME = '/var/lib/outspool';

type Part = Readonly<Record<string, unknown>>;

/** The documents are foreign, so they have no type: each test looks at a part of them. */
const manifests = parseAllDocuments(readFileSync(join(REPOSITORY, 'examples/kubernetes/outspool.yaml'), 'utf8')).map(
  (document) => document.toJS(),
);
const find = (kind: string, name = 'outspool') =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name);

describe('examples/kubernetes', () => {
  const directory = temporaryDirectories();
  const set = find('StatefulSet');
  const pod = set.spec.template.spec;
  const [container] = pod.containers;
  const secrets: Readonly<Record<string, string>> = find('Secret').stringData;

  const environment = Object.fromEntries(
    container.env.map((one: Part) => [one.name, secrets[Object(one.valueFrom).secretKeyRef.key]]),
  );

  const load = async () => {
    const folder = directory();
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(file, find('ConfigMap').data['pipeline.yaml'].replaceAll(VOLUME, folder));
    return { folder, ...(await loadConfig(file, { env: environment })) };
  };

  it('has each object in its version', () => {
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).to.deep.equal([
      ...['v1 Secret', 'v1 ConfigMap', 'v1 Service', 'v1 Service', 'apps/v1 StatefulSet'],
    ]);
  });

  it('has a configuration without a mistake, and no secret in it', async () => {
    const { producers, sources, operations, warnings } = await load();
    expect([producers.length, sources.length, warnings]).to.deep.equal([1, 1, []]);
    expect(operations?.config.token).to.equal(secrets['operations-token']);
  });

  it('probes paths of the endpoint, at the port where it listens', async () => {
    const { operations, sources } = await load();
    const ports = new Map(container.ports.map((one: Part) => [one.name, one.containerPort]));
    expect(ports.get('operations')).to.equal(parseListen(String(operations?.config.listen)).port);
    expect(ports.get('messages')).to.equal(parseListen(Object(sources[0]?.config).listen).port);
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => container[name].httpGet);
    expect(probes.map(({ path, port }) => `${path} ${port}`)).to.deep.equal([
      ...['/live operations', '/live operations', '/ready operations'],
    ]);
  });

  it('gives the end more time than preStop and the command need', () => {
    const timeout = container.args[container.args.indexOf('--timeout') + 1];
    const needed = Number(container.lifecycle.preStop.exec.command[1]) + parseDuration(timeout) / 1000;
    expect(pod.terminationGracePeriodSeconds).to.be.above(needed + 5);
  });

  it('keeps spool and dead letters on the volume of the pod, and mounts what is there', async () => {
    const { producers, folder } = await load();
    const { queue, dead_letter: letters } = Object(producers[0]).config as Record<string, Part>;
    const mounted = new Map<unknown, unknown>(container.volumeMounts.map((one: Part) => [one.name, one.mountPath]));
    for (const path of [Object(queue?.spool).path, letters?.file]) expect(path).to.match(new RegExp(`^${folder}/`));
    expect(mounted.get('spool')).to.equal(VOLUME);
    const volumes = [...pod.volumes, ...set.spec.volumeClaimTemplates.map((one: Part) => one.metadata)];
    expect(volumes.map(({ name }) => name).sort()).to.deep.equal([...mounted.keys()].sort());
    expect(container.args[2]).to.equal(`${mounted.get('config')}/pipeline.yaml`);
  });

  it('selects its own pods by every service and by the set', () => {
    const { labels } = set.spec.template.metadata;
    const selectors = [find('Service'), find('Service', 'outspool-pods')].map(({ spec }) => spec.selector);
    for (const selector of [...selectors, set.spec.selector.matchLabels]) expect(labels).to.include(selector);
    expect(find('Service', set.spec.serviceName).spec.clusterIP).to.equal('None');
    const names = container.ports.map((one: Part) => one.name);
    for (const name of ['outspool', 'outspool-pods'])
      expect(names).to.include(find('Service', name).spec.ports[0].targetPort);
  });
});
