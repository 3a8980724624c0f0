import { type KafkaClient, permissionsOf } from "../../../runtime/kafka/access";
import { TOPICS } from "../../../runtime/kafka/topics";

/** Who may do what, written out: what is declared wider than this is a decision, not a slip. */

const onEveryTopic = (...operations: readonly string[]) =>
  TOPICS.flatMap(({ name }) => operations.map((operation) => `${operation} topic ${name}`));

test.each<[KafkaClient, string, readonly string[]]>([
  [
    "generator",
    "writes its topics, and reads them in a group of its own, to see what Kafka has taken of it",
    [...onEveryTopic("write", "read", "describe"), "read group rhythmic-generator"],
  ],
  [
    "processor",
    "reads the topics, commits in its group and in its look's, and writes nothing",
    [...onEveryTopic("read", "describe"), "read group rhythmic-processor", "read group rhythmic-processor-look"],
  ],
  [
    "audit",
    "reads the topics in groups of its own, and writes nothing",
    [...onEveryTopic("read", "describe"), "read group rhythmic-audit", "read group rhythmic-audit-look"],
  ],
])("the %s %s", (client, _, allowed) => {
  const declared = permissionsOf(client).map(({ operation, resource, name }) => `${operation} ${resource} ${name}`);
  expect(declared.sort()).toEqual([...allowed].sort());
});
