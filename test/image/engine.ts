/**
 * Builds and runs the image of the Dockerfile without a Docker engine, by buildah in a chroot.
 * No registry of images is asked: the base is a minimal Debian with the Node and npm of the npm registry.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const REPOSITORY = join(import.meta.dirname, '../../..');
const NODE = `node-linux-${process.arch}@24.22.3`;
const NPM = 'npm@11.6.0';
const BASE = 'localhost/outspool-base';
const IMAGE = 'localhost/outspool';
const CERTIFICATES = '/etc/ssl/certs';

/** As in the images of Debian at the usual registries: without lists of packages and without caches of them. */
const SLIM = [
  '--aptopt=Dir::Cache::pkgcache ""',
  '--aptopt=Dir::Cache::srcpkgcache ""',
  '--customize-hook=rm -rf "$1"/var/lib/apt/lists/*',
];

const exec = promisify(execFile);

/** What the Dockerfile says about running the image. */
export interface ImageConfig {
  readonly User: string;
  readonly StopSignal: string;
  readonly Entrypoint: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
}

export class Engine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'outspool-image-'));
  #container = '';

  /** Builds the base and the image, and makes one container of it, whose root directory this returns. */
  async build(): Promise<string> {
    await this.#makeBase();
    await this.#buildah(
      'build-using-dockerfile',
      ...['--format', 'docker', '--build-arg', `BASE=${BASE}`, '--tag', IMAGE],
      ...this.#registries(),
      REPOSITORY,
    );
    this.#container = (await this.#buildah('from', IMAGE)).trim();
    return (await this.#buildah('mount', this.#container)).trim();
  }

  async config(): Promise<ImageConfig> {
    return JSON.parse(await this.#buildah('inspect', '--type', 'image', IMAGE)).Docker.config;
  }

  /** Bytes that the image adds to its base. */
  async addedBytes(): Promise<number> {
    const [image, base] = await Promise.all(
      [IMAGE, BASE].map(async (name) => JSON.parse(await this.#buildah('images', '--json', name))[0].size),
    );
    return bytesOf(image) - bytesOf(base);
  }

  /** Runs a command in the container, as its user. @returns what it has printed @throws Error where the exit code is not 0 */
  run(...command: readonly string[]): Promise<string> {
    return this.#buildah('run', this.#container, '--', 'sh', '-c', 'exec "$@" 2>&1', 'sh', ...command);
  }

  async remove(): Promise<void> {
    await this.#buildah('rm', '--all').catch(() => undefined);
    await this.#buildah('rmi', '--all', '--force').catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #makeBase(): Promise<void> {
    const root = join(this.#folder, 'debian.tar');
    await exec('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', ...SLIM, 'bookworm', root]);
    const container = (await this.#buildah('from', 'scratch')).trim();
    await this.#buildah('add', container, root, '/');
    await this.#buildah('copy', container, join(await this.#unpacked(NODE), 'bin/node'), '/usr/local/bin/node');
    await this.#buildah('copy', container, await this.#unpacked(NPM), '/usr/local/lib/node_modules/npm');
    const npm = 'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && chmod +x /usr/local/bin/npm';
    await this.#buildah('run', container, '--', 'sh', '-c', `useradd --create-home --uid 1000 node && ${npm}`);
    await this.#buildah('commit', '--rm', container, BASE);
  }

  /** Returns the folder with the files of a package. */
  async #unpacked(specifier: string): Promise<string> {
    const folder = join(this.#folder, specifier.split('@')[0] as string);
    mkdirSync(folder);
    const { stdout } = await exec('npm', ['pack', '--silent', '--pack-destination', folder, specifier]);
    await exec('tar', ['xzf', join(folder, stdout.trim()), '-C', folder]);
    return join(folder, 'package');
  }

  /** Gives the build this machine's way to the registries of npm and Python, and the authorities that it trusts. */
  #registries(): string[] {
    const npmrc = join(this.#folder, 'npmrc');
    writeFileSync(
      npmrc,
      `cafile=${CERTIFICATES}/ca-certificates.crt\nregistry=${process.env.npm_config_registry ?? 'https://registry.npmjs.org/'}\n`,
    );
    const volumes = [`${CERTIFICATES}:${CERTIFICATES}:ro`, `${npmrc}:/root/.npmrc:ro`];
    if (existsSync('/etc/pip.conf')) volumes.push('/etc/pip.conf:/etc/pip.conf:ro');
    return volumes.flatMap((volume) => ['--volume', volume]);
  }

  async #buildah(command: string, ...args: readonly string[]): Promise<string> {
    const storage = ['--root', join(this.#folder, 'storage'), '--runroot', join(this.#folder, 'run')];
    const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
    const { stdout } = await exec('buildah', [...storage, command, ...args], { env, maxBuffer: 2 ** 26 });
    return stdout;
  }
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes of a size as buildah prints it, `433 MB`. */
function bytesOf(size: string): number {
  const [amount, unit] = size.split(' ') as [string, string];
  return Number(amount) * (UNITS[unit] as number);
}
