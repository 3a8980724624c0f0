import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { waitingStore } from "../../../runtime/lake/waiting-store";
import { RhythmicError } from "../../../runtime/support/errors";
import { collectLines } from "../../support/lines";

/** A lake that fails as it is told, a failure a call, and then works. */
function failingLake() {
  const lake = createMemoryStore();
  const failures: Error[] = [];
  let calls = 0;
  const failFirst = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return work();
  };
  const store: ObjectStore = {
    ...lake,
    create: (name, bytes) => failFirst(() => lake.create(name, bytes)),
    get: (name) => failFirst(() => lake.get(name)),
    getRange: (name, start, end) => failFirst(() => lake.getRange(name, start, end)),
    remove: (name) => failFirst(() => lake.remove(name)),
    replace: (name, bytes) => failFirst(() => lake.replace(name, bytes)),
    async *list(prefix, options) {
      await failFirst(async () => undefined);
      for await (const entry of lake.list(prefix, options)) {
        yield entry;
        await failFirst(async () => undefined);
      }
    },
  };
  return { lake, store, failures, calls: () => calls };
}

const SILENT_LAKE = () => new RhythmicError("lake_unreachable", "The lake gs://lake can't be read: no answer.");
const bytes = (text: string) => new TextEncoder().encode(text);
const QUICK = { firstPauseMs: 1, pauseMaxMs: 4 };

function waiting(options: { readonly sayIntervalMs?: number } = {}) {
  const failing = failingLake();
  const log = collectLines();
  const stop = new AbortController();
  const store = waitingStore(failing.store, { log, stop: stop.signal, ...QUICK, ...options });
  return { ...failing, waited: store, log, stop };
}

test.each<[string, (store: ObjectStore) => Promise<unknown>, unknown]>([
  ["create", (store) => store.create("b", bytes("x")), "created"],
  ["get", (store) => store.get("a"), bytes("0123")],
  ["getRange", (store) => store.getRange("a", 1, 3), bytes("12")],
  ["remove", (store) => store.remove("a"), undefined],
  ["replace", (store) => store.replace("a", bytes("y")), undefined],
])("%s waits for as long as the lake does not answer", async (_method, call, answer) => {
  const { lake, waited, failures } = waiting();
  await lake.create("a", bytes("0123"));
  failures.push(SILENT_LAKE(), SILENT_LAKE(), SILENT_LAKE());
  const found = await call(waited);
  expect(found instanceof Uint8Array ? Uint8Array.from(found) : found).toEqual(answer);
  expect(failures).toEqual([]);
});

test("a listing that breaks off goes on behind the last name that it gave, each name once", async () => {
  const { lake, waited, failures } = waiting();
  for (const name of ["a", "b", "c", "d"]) await lake.create(name, bytes(name));
  const names: string[] = [];
  for await (const { name } of waited.list("", { from: "b" })) {
    names.push(name);
    // In the middle, and once more where it is opened again.
    if (name === "c") failures.push(SILENT_LAKE(), SILENT_LAKE());
  }
  expect(names).toEqual(["b", "c", "d"]);
  expect(failures).toEqual([]);
});

test("what the lake refuses is thrown at once", async () => {
  const { waited, failures, calls } = waiting();
  failures.push(new RhythmicError("lake_unusable", "The account lacks a permission."));
  await expect(waited.get("a")).rejects.toMatchObject({ code: "lake_unusable" });
  expect(calls()).toBe(1);
});

test("an outage is told of when it begins, now and then, and when it is over", async () => {
  const { waited, failures, log } = waiting({ sayIntervalMs: 60_000 });
  failures.push(...Array.from({ length: 5 }, SILENT_LAKE));
  await waited.get("a");
  await waited.get("a");
  expect(log.lines.map(({ severity, message }) => [severity, message])).toEqual([
    ["WARNING", "waiting for the lake: The lake gs://lake can't be read: no answer."],
    ["INFO", "the lake answers again"],
  ]);
  failures.push(SILENT_LAKE());
  await waited.get("a");
  expect(log.lines).toHaveLength(4);
});

test("a long outage is told of again", async () => {
  const { waited, failures, log } = waiting({ sayIntervalMs: 0 });
  failures.push(...Array.from({ length: 5 }, SILENT_LAKE));
  await waited.get("a");
  expect(log.lines.filter(({ severity }) => severity === "WARNING")).toHaveLength(5);
});

test("nothing is waited for once it is asked to stop, also in the middle of a pause", async () => {
  const failing = failingLake();
  const stop = new AbortController();
  const store = waitingStore(failing.store, { log: collectLines(), stop: stop.signal, firstPauseMs: 3_600_000 });
  failing.failures.push(SILENT_LAKE());
  const asked = store.get("a");
  setTimeout(() => stop.abort(), 20);
  await expect(asked).rejects.toMatchObject({ code: "lake_unreachable" });
  failing.failures.push(SILENT_LAKE());
  await expect(store.get("a")).rejects.toMatchObject({ code: "lake_unreachable" });
  expect(failing.calls()).toBe(2);
});
