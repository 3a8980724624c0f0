import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ConfigResourceTypes,
  ResourcePatternTypes,
} from "kafkajs";
import { RhythmicError } from "../support/errors";
import type { AccessRule, FoundTopic, KafkaAdministration } from "./administration";
import { makeTopics, REPLICAS_MAX } from "./kafkajs-admin";
import { type ClientOptions, createClient, isPassingAnswer, kafkaError } from "./kafkajs-client";
import { removeScramUser, scramUsers, setScramUser } from "./scram-users";
import { shownCertificate, type WireTarget } from "./wire";

const KEYSTORE = "ssl.keystore.location";
/** Of Kafka's ConfigSource: a setting that was given to this very topic or broker. */
const OWN_CONFIG_SOURCES = { topic: 1, broker: 2 };

/**
 * Opens a connection for administration; who opens it shows a certificate.
 * @throws RhythmicError broker_unreachable, broker_untrusted
 */
export async function openAdministration(options: ClientOptions): Promise<KafkaAdministration> {
  const admin = createClient(options).admin();
  /** Runs a call, and turns its error into one of ours. */
  const run = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw kafkaError(error, options, what);
    }
  };
  await run("the connection for administration could not be opened", () => admin.connect());
  const target = wireTarget(options);
  return {
    topics: (names) => run("the topics could not be read", () => topics(admin, names)),
    createTopic: ({ name, partitions, config }) =>
      run(`the topic ${name} could not be made`, async () => {
        const { brokers } = await admin.describeCluster();
        const replicationFactor = Math.min(brokers.length, REPLICAS_MAX);
        const configEntries = entriesOf(config);
        const topic = { topic: name, numPartitions: partitions, replicationFactor, configEntries };
        await makeTopics(admin, [topic]);
      }),
    addPartitions: (topic, count) =>
      run(`the topic ${topic} could not get more partitions`, async () => {
        await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      }),
    changeTopic: (topic, config) =>
      run(`the settings of the topic ${topic} could not be changed`, () =>
        changeConfig(admin, ConfigResourceTypes.TOPIC, topic, config),
      ),
    accessRules: () => run("the permissions could not be read", () => accessRules(admin)),
    addAccessRules: (rules) =>
      run("the permissions could not be given", async () => {
        if (rules.length > 0) await admin.createAcls({ acl: rules.map(aclOf) });
      }),
    removeAccessRules: (rules) =>
      run("the permissions could not be taken away", async () => {
        if (rules.length > 0) await admin.deleteAcls({ filters: rules.map(aclOf) });
      }),
    users: (names) => run("the users could not be read", () => scramUsers(target, names)),
    setUser: (name, password) =>
      run(`the user ${name} could not get its password`, () => setScramUser(target, name, password)),
    removeUser: (name) => run(`the user ${name} could not be removed`, () => removeScramUser(target, name)),
    shownCertificate: () => run("Kafka's certificate could not be seen", () => shownCertificate(target)),
    reloadCertificates: (listeners) =>
      run("Kafka could not take its new certificate", () => reloadCertificates(admin, listeners)),
    lag: (group) => run(`how far the group ${group} is could not be read`, () => lagOnceKnown(admin, group)),
    close: () => admin.disconnect().catch(() => undefined),
  };
}

function wireTarget({ brokers: [broker = ""], clientId, security }: ClientOptions): WireTarget {
  if (security === undefined || !("certificate" in security.identity)) {
    throw new RhythmicError("internal", "Kafka is administered by who shows a certificate.");
  }
  return { broker, clientId, ca: security.ca, ...security.identity };
}

async function topics(admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, FoundTopic>> {
  const all = new Set(await admin.listTopics());
  const there = names.filter((name) => all.has(name));
  if (there.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics: there });
  const found = new Map<string, FoundTopic>();
  for (const { name, partitions } of metadata.topics) {
    const config = await ownConfig(admin, ConfigResourceTypes.TOPIC, name);
    found.set(name, { partitions: partitions.length, config });
  }
  return found;
}

/** The settings that were given to this topic or broker itself. */
async function ownConfig(
  admin: Admin,
  type: ConfigResourceTypes.TOPIC | ConfigResourceTypes.BROKER,
  name: string,
): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name }] });
  const source = type === ConfigResourceTypes.TOPIC ? OWN_CONFIG_SOURCES.topic : OWN_CONFIG_SOURCES.broker;
  const own = (resources[0]?.configEntries ?? []).filter((entry) => Number(entry.configSource) === source);
  return Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
}

/** This request replaces all settings, so those that are there are sent along. */
async function changeConfig(
  admin: Admin,
  type: ConfigResourceTypes.TOPIC | ConfigResourceTypes.BROKER,
  name: string,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const configEntries = entriesOf({ ...(await ownConfig(admin, type, name)), ...config });
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
}

function entriesOf(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}

/**
 * Kafka reads a listener's file again when it is given the file's name, be it the same as before
 * (kafka.apache.org/documentation/#dynamicbrokerconfigs, "Updating SSL Keystore of an Existing Listener").
 */
async function reloadCertificates(admin: Admin, listeners: readonly string[]): Promise<void> {
  const { brokers } = await admin.describeCluster();
  for (const { nodeId } of brokers) {
    const broker = { type: ConfigResourceTypes.BROKER, name: String(nodeId) } as const;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...broker, configNames: [KEYSTORE] }],
    });
    // As Kafka calls it: in its container the folder may have another name.
    const file = resources[0]?.configEntries.find(({ configName }) => configName === KEYSTORE)?.configValue;
    if (!file) throw new RhythmicError("broker_refused", `Kafka's broker ${nodeId} has no ${KEYSTORE}.`);
    const config = listeners.map((listener) => [`listener.name.${listener.toLowerCase()}.${KEYSTORE}`, file]);
    await changeConfig(admin, broker.type, broker.name, Object.fromEntries(config));
  }
}

async function accessRules(admin: Admin): Promise<AccessRule[]> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
    acls.map(({ principal, host, operation, permissionType }) => ({
      principal,
      host,
      resource: wordOf(AclResourceTypes, resourceType),
      name: resourceName,
      pattern: wordOf(ResourcePatternTypes, resourcePatternType),
      operation: wordOf(AclOperationTypes, operation),
      permission: wordOf(AclPermissionTypes, permissionType),
    })),
  );
}

function aclOf(rule: AccessRule) {
  return {
    principal: rule.principal,
    host: rule.host,
    resourceType: numberOf(AclResourceTypes, rule.resource),
    resourceName: rule.name,
    resourcePatternType: numberOf(ResourcePatternTypes, rule.pattern),
    operation: numberOf(AclOperationTypes, rule.operation),
    permissionType: numberOf(AclPermissionTypes, rule.permission),
  };
}

function wordOf(words: Readonly<Record<string, unknown>>, value: number): string {
  return (Object.entries(words).find(([, number]) => number === value)?.[0] ?? String(value)).toLowerCase();
}

function numberOf<V extends number>(words: Readonly<Record<string, string | V>>, word: string): V {
  const found = words[word.toUpperCase()];
  if (typeof found !== "number") throw new RhythmicError("internal", `Kafka has no permission's word ${word}.`);
  return found;
}

/**
 * A Kafka that has only just started makes the topic of the groups' offsets when it is first asked for one, and answers
 * meanwhile that somebody else coordinates the group: then nothing is known yet, and nothing is wrong.
 */
async function lagOnceKnown(admin: Admin, group: string): Promise<ReadonlyMap<string, number>> {
  try {
    return await lag(admin, group);
  } catch (error) {
    if (isPassingAnswer(error)) return new Map();
    throw error;
  }
}

async function lag(admin: Admin, group: string): Promise<ReadonlyMap<string, number>> {
  const waiting = new Map<string, number>();
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map((one) => [one.partition, one]));
    let records = 0;
    for (const { partition, offset } of partitions) {
      const end = ends.get(partition);
      if (end === undefined) continue;
      // Where nothing is committed yet, everything that Kafka holds waits.
      const from = Math.max(Number(offset), Number(end.low));
      records += Math.max(0, Number(end.high) - from);
    }
    waiting.set(topic, records);
  }
  return waiting;
}
