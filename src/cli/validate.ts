/** `produce validate`: checks a configuration, and reports everything that is wrong with it. */

import { ConfigError } from '../shared/errors.ts';
import { readConfig } from './configuration.ts';
import { counted, result, say, sayError } from './output.ts';
import { EXIT, type ExitCode, UsageError } from './process/exit.ts';
import { defaultConfig } from './shared-flags.ts';

export interface ValidateOptions {
  /** The file as an argument; `config` is the same as a flag, as in other commands. */
  readonly file?: string | undefined;
  readonly config?: string;
  readonly json?: boolean;
  /** Whether a warning is an error. @default false */
  readonly strict?: boolean;
  readonly signal: AbortSignal;
}

/** The result of a file that cannot be read. */
export const NOTHING_VALIDATED = { producers: [], routes: [], sources: [], issues: [] };

export async function validate({
  file,
  config,
  json = false,
  strict = false,
  signal,
}: ValidateOptions): Promise<ExitCode> {
  if (file !== undefined && config !== undefined) throw new UsageError('name the file once: as FILE, or with -c FILE');
  const path = file ?? config ?? defaultConfig();
  try {
    const file = await readConfig(path, signal);
    const routes = (file.routes?.routes ?? []).map(({ name, to, fallback }) => ({ name, to, fallback }));
    const sources = file.sources.map(({ config: { name, type } }) => ({ name, type }));
    const parts = [
      counted(file.producers.length, 'producer'),
      ...(routes.length > 0 ? [counted(routes.length, 'route')] : []),
      ...(sources.length > 0 ? [counted(sources.length, 'source')] : []),
    ];
    const ok = !strict || file.warnings.length === 0;
    say(
      `${path}: ${parts.join(', ')}, ${ok ? 'ok' : `FAILED: ${counted(file.warnings.length, 'warning')} (--strict)`}`,
    );
    const producers = file.producers.map((one) => ({ name: String(one.config.name), kind: one.kind }));
    if (json)
      result({
        ok,
        producers,
        routes,
        sources,
        issues: [],
        ...(file.warnings.length > 0 && { warnings: file.warnings }),
      });
    return ok ? EXIT.delivered : EXIT.usage;
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    sayError(error);
    result({ ok: false, ...NOTHING_VALIDATED, issues: error.issues });
    return EXIT.usage;
  }
}
