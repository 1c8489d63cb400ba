/** Entry of `bin/produce`: runs a command and manages the process around it: signals, exit code and unexpected errors. */

import { type Command, CommanderError } from 'commander';
import { oneLine } from '../shared/util/one-line.ts';
import { overview } from './help/help.ts';
import { nothingOf } from './json-failure.ts';
import { forgiveClosedReaders, result, say, sayError, written } from './output.ts';
import { EXIT, type ExitCode, exitCodeOf } from './process/exit.ts';
import { GRACE_MS, interruptSignal } from './process/interrupt.ts';
import { createProgram } from './program.ts';

async function run(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.delivered;
  let graceMs = GRACE_MS;
  const program = createProgram({
    signal: interruptSignal(() => graceMs),
    grace: (ms) => {
      graceMs = ms;
    },
    finished: (exitCode) => {
      code = exitCode;
    },
  });
  for (const command of withSubcommands(program))
    command.exitOverride().configureOutput({ outputError: (text) => say(oneLine(text)) });
  if (argv.length === 0) {
    say(overview(program));
    return EXIT.usage;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return concluded(error, argv, program);
  }
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

/** Prints the error. With `--json` it prints a last line in any case, because a program reads it. */
function concluded(error: unknown, argv: readonly string[], program: Command): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.delivered;
  if (!(error instanceof CommanderError)) sayError(error);
  if (argv.includes('--json')) result(nothingOf(program, argv));
  return error instanceof CommanderError ? EXIT.usage : exitCodeOf(error);
}

/** Exit codes above this number name the signal that ended the process. */
const SIGNALLED = 128;

/** Handles an unexpected end. Modules of custom producers are foreign code, which may throw in a timer or end the process. */
function guard(): () => void {
  const early = (code: number) => {
    if (code > SIGNALLED) return;
    say('error: the process was ended by a module, or by nothing being left to wait for, before the command was done');
    process.exitCode = EXIT.undelivered;
  };
  const unexpected = (error: unknown) => {
    process.off('exit', early);
    sayError(error);
    process.exit(EXIT.undelivered);
  };
  process.on('uncaughtException', unexpected).on('unhandledRejection', unexpected).once('exit', early);
  return () => process.off('exit', early);
}

forgiveClosedReaders();
const done = guard();
const code = await run(process.argv.slice(2));
await written();
done();
// Exits explicitly, because a module of a custom producer may have opened handles that it never closes.
process.exit(code);
