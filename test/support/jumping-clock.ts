/** The clock of this process, which jumps when it is told to: of everything that asks for the time, as on a machine that slept. */

/** Returns what makes the clock jump by `ms`. */
export function jumpingClock(): (ms: number) => void {
  const now = performance.now.bind(performance);
  let jumpedMs = 0;
  performance.now = () => now() + jumpedMs;
  return (ms) => {
    jumpedMs += ms;
  };
}
