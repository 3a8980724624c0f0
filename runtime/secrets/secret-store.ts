/** One version of a secret, as who may read it sees it. */
export interface SecretVersion {
  /** Names this version for good: `projects/p/secrets/s/versions/3`, or a file. Never a secret itself. */
  readonly name: string;
  readonly value: string;
}

/**
 * One secret with its versions, numbered in the order in which they were added. Whoever adds versions can't read them,
 * and who reads them can't add any: both are here because a folder, on a developer's machine, serves both.
 *
 * A new version is there at once for who asks by its number. Secret Manager promises no more than that: its lists and
 * what it calls the latest may be minutes late, seldom hours
 * (docs.cloud.google.com/secret-manager/docs/reference/consistency).
 */
export interface SecretStore {
  /** The secret's place, for messages: `projects/p/secrets/s`, or a folder. */
  readonly url: string;
  /**
   * The newest version that is enabled; `undefined` where there is none yet.
   * @throws RhythmicError secret_unusable: no such secret, no permission, no answer
   */
  latest(): Promise<SecretVersion | undefined>;
  /** Adds a version, which is the latest from then on. @returns its name. @throws RhythmicError secret_unusable */
  add(value: string): Promise<string>;
  /** Names of the versions that are enabled, newest first; may be late. @throws RhythmicError secret_unusable */
  enabled(): Promise<readonly string[]>;
  /**
   * Is there this version, and is it enabled?
   * @param number the last part of its name
   * @throws RhythmicError secret_unusable
   */
  isEnabled(number: string): Promise<boolean>;
  /** Nobody reads this version any longer; it can be enabled again by hand. @throws RhythmicError secret_unusable */
  disable(version: string): Promise<void>;
}
