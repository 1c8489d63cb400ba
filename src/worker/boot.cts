/**
 * What Piscina loads in the thread. It tries `require()` first, and a thread that is ended while Node requires an ES module
 * takes the whole process with it (an assertion in `CreateRequiredModuleFacade`); `import()` can be ended at any time.
 */

module.exports = async (task: unknown): Promise<void> => {
  const { default: start } = await import('./entry.ts');
  await start(task as Parameters<typeof start>[0]);
};
