/** Asks brokers for the end offsets of partitions. */

export interface LedPartition {
  readonly topic: string;
  readonly partition: number;
  /** The broker that leads the partition, as far as is known. One request holds all questions to one broker. */
  readonly leader: string | undefined;
}

/** The offset after the last message. unknown: no broker has answered in time · unasked: no time was left for the question */
export type EndOffset = number | 'unknown' | 'unasked';

/** Number of leaders asked at the same time. Each question holds one of the four threads of libuv's pool. */
const AT_ONCE = 2;

/** Asks one leader about some partitions, for at most `timeoutMs`. Undefined where one of them gets no answer. */
type Ask = (places: readonly LedPartition[], timeoutMs: number) => Promise<readonly EndOffset[] | undefined>;

export interface Deadline {
  readonly end: number;
  now(): number;
}

/** Asks all leaders before the deadline, at the same time, so that a leader that hangs delays only its own partitions. */
export async function askLeaders(places: readonly LedPartition[], ask: Ask, deadline: Deadline): Promise<EndOffset[]> {
  const ends = new Map<LedPartition, EndOffset>();
  const groups = byLeader(places).values();
  const askNext = async (): Promise<void> => {
    for (const group of groups) await askGroup(group, ends, { ask, deadline });
  };
  const asked = await Promise.allSettled(Array.from({ length: AT_ONCE }, askNext));
  for (const one of asked) if (one.status === 'rejected') throw one.reason;
  return places.map((place) => ends.get(place) ?? 'unasked');
}

function byLeader(places: readonly LedPartition[]): LedPartition[][] {
  const groups = new Map<string | undefined, LedPartition[]>();
  for (const { leader } of places) groups.set(leader, []);
  for (const place of places) groups.get(place.leader)?.push(place);
  return [...groups.values()];
}

interface Asking {
  readonly ask: Ask;
  readonly deadline: Deadline;
}

/** Asks for one group of partitions. If one gets no answer the whole group has none, so each half is asked again. */
async function askGroup(
  group: readonly LedPartition[],
  ends: Map<LedPartition, EndOffset>,
  { ask, deadline }: Asking,
): Promise<void> {
  const left = deadline.end - deadline.now();
  if (left <= 0) return;
  for (const place of group) ends.set(place, 'unknown');
  const answer = await ask(group, left);
  for (const [index, end] of answer?.entries() ?? []) ends.set(group[index] as LedPartition, end);
  if (answer !== undefined || group.length === 1) return;
  const middle = Math.ceil(group.length / 2);
  await askGroup(group.slice(0, middle), ends, { ask, deadline });
  await askGroup(group.slice(middle), ends, { ask, deadline });
}
