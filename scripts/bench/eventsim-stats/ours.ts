import type { Catalog } from "../../../runtime/generator/catalog/catalog";
import type { Configuration } from "../../../runtime/generator/config/configuration";
import { simulationOf } from "../../../runtime/generator/generate";
import type { Topic } from "../../../runtime/schema/events";
import type { ObservedEvent, TopicObservations } from "./observe";
import { WindowedObservations, type Windows } from "./sample";

export interface OursOptions {
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly eventsimCompat: boolean;
  readonly users: number;
  readonly startS: number;
  readonly seed: number;
}

/** What our generator shows within the windows, without a file in between. */
export function observeOurs(options: OursOptions, windows: Windows): Map<Topic, TopicObservations> {
  const { users, startS, seed } = options;
  const lastS = Math.max(...[...windows.values()].flat().map(({ toS }) => toS));
  const plan = { seed, users, startS, endS: lastS + 1, events: Number.POSITIVE_INFINITY };
  const simulation = simulationOf({ ...options, plan });
  const looking = new Map([...windows].map(([topic, list]) => [topic, new WindowedObservations(topic, list)]));
  for (let count = simulation.visit(); count > 0; count = simulation.visit()) {
    for (let index = 0; index < count; index++) {
      const event = simulation.events[index] as (typeof simulation.events)[number];
      const observer = looking.get(event.topic);
      if (!observer?.holds(simulation.nowS)) continue;
      observer.see(JSON.parse(Buffer.from(event.bytes.subarray(event.start, event.end)).toString()) as ObservedEvent);
    }
  }
  return new Map([...looking].map(([topic, observer]) => [topic, observer.end()]));
}
