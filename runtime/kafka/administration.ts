import type { TopicDeclaration } from "./topics";

/** A topic as Kafka has it. */
export interface FoundTopic {
  readonly partitions: number;
  /** The settings that were given to the topic itself; what it takes from the broker is not among them. */
  readonly config: Readonly<Record<string, string>>;
}

/** A rule of Kafka's authorizer in Kafka's own words, in lower case (kafka.apache.org/documentation/#security_authz). */
export interface AccessRule {
  /** Such as `User:generator-a`. */
  readonly principal: string;
  /** `*`: from everywhere. */
  readonly host: string;
  /** `topic`, `group`, `cluster`, ... */
  readonly resource: string;
  readonly name: string;
  /** `literal`, or `prefixed` where the name is the beginning of names. */
  readonly pattern: string;
  /** `read`, `write`, `describe`, ... */
  readonly operation: string;
  readonly permission: string;
}

/** What whoever administers Kafka asks of it. Every method throws RhythmicError broker_unreachable, broker_refused. */
export interface KafkaAdministration {
  /** These of the topics that are there, by name. */
  topics(names: readonly string[]): Promise<ReadonlyMap<string, FoundTopic>>;
  createTopic(topic: TopicDeclaration): Promise<void>;
  /** @param partitions how many there are to be; Kafka never takes any away */
  addPartitions(topic: string, partitions: number): Promise<void>;
  /** Changes these settings of a topic and leaves its others as they are. */
  changeTopic(topic: string, config: Readonly<Record<string, string>>): Promise<void>;

  /** All rules, whoever they are for. */
  accessRules(): Promise<readonly AccessRule[]>;
  addAccessRules(rules: readonly AccessRule[]): Promise<void>;
  removeAccessRules(rules: readonly AccessRule[]): Promise<void>;

  /** These of the users that have a password. @default of all users */
  users(names?: readonly string[]): Promise<ReadonlySet<string>>;
  /** Makes a user, or gives it another password. The password itself stays here. */
  setUser(name: string, password: string): Promise<void>;
  /** Nobody gets in by this name any more; connections that are open stay so. No error where there is no such user. */
  removeUser(name: string): Promise<void>;

  /** Sha256 of the certificate that Kafka shows at the moment, as Node.js writes it: `AB:CD:...` */
  shownCertificate(): Promise<string>;
  /** Has every broker read the file of its certificate again, for these listeners; it takes a moment to do so. */
  reloadCertificates(listeners: readonly string[]): Promise<void>;

  /** How many records of each topic a consumer group has not committed; topics of which it has are there. */
  lag(group: string): Promise<ReadonlyMap<string, number>>;

  close(): Promise<void>;
}
