/**
 * An npm registry on loopback that has the packages of this repository as they would be published. Everything else it redirects
 * to the registry that npm is configured to use.
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** The package.json in it. */
  readonly manifest: { readonly name: string; readonly version: string };
}

export class Registry {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param upstream address of the registry for all other packages */
  static async start(packages: readonly Packed[], upstream: string): Promise<Registry> {
    const files = new Map<string, Buffer>();
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '/');
      const file = files.get(path);
      if (file) response.end(file);
      else response.writeHead(302, { location: new URL(`.${request.url}`, upstream).href }).end();
    });
    const registry = new Registry(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    for (const { tarball, manifest } of packages) {
      const bytes = await readFile(tarball);
      const path = `/-/${basename(tarball)}`;
      files.set(path, bytes);
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const version = { ...manifest, dist: { tarball: `${registry.url}${path.slice(1)}`, integrity } };
      const { name, version: number } = manifest;
      const about = { name, 'dist-tags': { latest: number }, versions: { [number]: version } };
      files.set(`/${name}`, Buffer.from(JSON.stringify(about)));
    }
    return registry;
  }

  /** Address with a slash at its end, as npm's setting `registry` has it. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
