import type { Instead } from "../support/program";

const ANYWAY = "the generator does so anyway; leave it out.";
const COUNTS =
  "the counts are among the catalogue's files; npm run prepare-data makes a catalogue, and --catalog DIR takes it.";
const SIMILAR =
  "similar songs are among the catalogue's files; npm run prepare-data makes a catalogue, and --catalog DIR takes it.";
const TOPIC =
  "each kind of event has its own topic; --topic-prefix PREFIX (KAFKA_TOPIC_PREFIX) stands before all their names, --topic TOPIC writes one of them only.";

/**
 * Flags of eventsim (its Main.scala) that have no counterpart here; those that have one are aliases of our settings.
 */
export const EVENTSIM_INSTEAD: Instead = {
  argument: "give the folder for the files as --out DIR.",
  flags: {
    "-k": TOPIC,
    "--kafkaTopic": TOPIC,
    "--generate-counts": COUNTS,
    "--nogenerate-counts": ANYWAY,
    "--generate-similars": SIMILAR,
    "--nogenerate-similars": ANYWAY,
    "--useAvro": "events are written as JSON lines, and the processor makes Parquet files of them; leave it out.",
    "--nouseAvro": ANYWAY,
    "--verbose": "it never did anything in eventsim, and progress is always shown; leave it out.",
    "--noverbose": "it never did anything in eventsim; leave it out.",
  },
};
