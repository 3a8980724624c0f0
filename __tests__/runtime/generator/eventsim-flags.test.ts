import { EVENTSIM_INSTEAD } from "../../../runtime/generator/eventsim-flags";
import { generatorSettings } from "../../../runtime/generator/settings";
import { parseTimeS } from "../../../runtime/generator/time";
import { readSettings } from "../../../runtime/support/program";
import { flagsOf } from "../../../runtime/support/settings";

const program = { name: "generator", settings: generatorSettings, instead: EVENTSIM_INSTEAD };
const read = (...argv: string[]) => readSettings(program, argv, {});

describe("eventsim's flags", () => {
  it.each([
    [["-a", "0.1"], { GENERATOR_ATTRITION_RATE: 0.1 }],
    [["--attrition-rate", "0.1"], { GENERATOR_ATTRITION_RATE: 0.1 }],
    [["-c", "examples/example-config.json"], { GENERATOR_CONFIG: "examples/example-config.json" }],
    [["--config", "site.json"], { GENERATOR_CONFIG: "site.json" }],
    [["--continuous"], { GENERATOR_CONTINUOUS: true }],
    [["--nocontinuous"], { GENERATOR_CONTINUOUS: false }],
    [["-e", "2015-09-01T00:00:00"], { GENERATOR_END: "2015-09-01T00:00:00" }],
    [["--end-time", "2015-09-01T00:00:00"], { GENERATOR_END: "2015-09-01T00:00:00" }],
    [["-f", "15"], { GENERATOR_START_DAYS_AGO: 15 }],
    [["--from", "15"], { GENERATOR_START_DAYS_AGO: 15 }],
    [["-t", "1"], { GENERATOR_END_DAYS_AGO: 1 }],
    [["--to", "1"], { GENERATOR_END_DAYS_AGO: 1 }],
    [["-g", "0.25"], { GENERATOR_GROWTH_RATE: 0.25 }],
    [["--growth-rate", "0.25"], { GENERATOR_GROWTH_RATE: 0.25 }],
    [["--kafkaBrokerList", "kafka-1:9092,kafka-2:9092"], { KAFKA_BROKERS: ["kafka-1:9092", "kafka-2:9092"] }],
    [["-n", "5000"], { GENERATOR_USERS: 5000 }],
    [["--nusers", "5000"], { GENERATOR_USERS: 5000 }],
    [["-r", "1"], { GENERATOR_SEED: 1 }],
    [["--randomseed", "1"], { GENERATOR_SEED: 1 }],
    [["-s", "2015-06-01T00:00:00"], { GENERATOR_START: "2015-06-01T00:00:00" }],
    [["--start-time", "2015-06-01T00:00:00"], { GENERATOR_START: "2015-06-01T00:00:00" }],
    [["--tag", "control"], { GENERATOR_TAG: "control" }],
    [["-u", "5336"], { GENERATOR_FIRST_USER_ID: 5336 }],
    [["--userid", "5336"], { GENERATOR_FIRST_USER_ID: 5336 }],
  ] as [string[], object][])("keep working: %j", (argv, expected) => {
    expect(read(...argv)).toMatchObject(expected);
  });

  it("that tell a time without a zone mean UTC", () => {
    expect(parseTimeS("2015-06-01T00:00:00")).toBe(Date.UTC(2015, 5, 1) / 1000);
    expect(parseTimeS("2015-08-12T14:56:25.006")).toBe(Date.UTC(2015, 7, 12, 14, 56, 25) / 1000);
  });

  it.each([
    [["-k", "events"], /no flag -k: each kind of event has its own topic; .*KAFKA_TOPIC_PREFIX/],
    [["--kafkaTopic", "events"], /no flag --kafkaTopic: each kind of event has its own topic/],
    [["--generate-counts"], /no flag --generate-counts: .*npm run prepare-data/],
    [["--nogenerate-counts"], /leave it out/],
    [["--generate-similars"], /no flag --generate-similars: .*npm run prepare-data/],
    [["--nogenerate-similars"], /leave it out/],
    [["--useAvro"], /no flag --useAvro: events are written as JSON lines/],
    [["--verbose"], /no flag --verbose: .*leave it out/],
    [["data/fake"], /takes no argument "data\/fake"; give the folder for the files as --out DIR\.$/],
    [["-n", "5", "--users", "6"], /-n and --users both set GENERATOR_USERS/],
  ] as [string[], RegExp][])("that have no counterpart say what to do instead: %j", (argv, message) => {
    expect(() => read(...argv)).toThrow(
      expect.objectContaining({ code: "bad_usage", message: expect.stringMatching(message) }),
    );
  });

  it("mean one thing each", () => {
    const flags = Object.keys(generatorSettings).flatMap((name) => flagsOf(generatorSettings, name));
    const names = flags.map(({ flag }) => flag);
    expect(names.filter((flag, index) => names.indexOf(flag) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(40);
  });
});
