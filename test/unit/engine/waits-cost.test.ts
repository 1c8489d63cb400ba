import { expect } from 'chai';
import { CALLER_LISTS, type CallerList } from '../../support/caller-lists.ts';

const FEW = 1000;
const TIMES = 30;
/** Thirty times the callers take 30 times as long, and some 170 times with a garbage collector that has more to do. A searched list: 400. */
const AT_MOST = 300;

const ENDS: Readonly<Record<string, (list: CallerList, controller: AbortController) => void>> = {
  'their signal': (_list, controller) => controller.abort(),
  'what they wait for': (list) => list.release(),
};

/** In µs of CPU, because other processes may have the cores. */
async function costOf(callers: number, build: () => CallerList, end: (typeof ENDS)[string]): Promise<number> {
  const controller = new AbortController();
  const list = build();
  const begin = process.cpuUsage();
  const waiting = Array.from({ length: callers }, (_, index) =>
    list.wait({ timeout: 60_000, signal: controller.signal }, index).catch(() => {}),
  );
  end?.(list, controller);
  await Promise.all(waiting);
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}

describe('the cost of callers that wait grows as they do', () => {
  for (const [name, build] of Object.entries(CALLER_LISTS))
    for (const [how, end] of Object.entries(ENDS))
      it(`${name}: ended by ${how}`, async () => {
        await costOf(FEW, build, end); // compiled
        const few = Math.min(await costOf(FEW, build, end), await costOf(FEW, build, end));
        let many = Infinity; // the garbage collector has its days
        for (let tries = 0; tries < 2 && many > AT_MOST * few; tries++)
          many = Math.min(many, await costOf(TIMES * FEW, build, end));
        expect(many / few).to.be.below(AT_MOST);
      }).timeout(300_000);
});
