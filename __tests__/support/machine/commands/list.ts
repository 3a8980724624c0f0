/**
 * The commands that only a machine has. Each is a stand-in here: it records how it was called, does what the rest of
 * the boot needs, and fails for what it does not know. docs/deploy.md says what of each only a real machine can show.
 */
export const STAND_INS = [
  // Runs the container's command as a process of this machine, its paths below a folder, with the tests' Node and Kafka.
  "docker",
  // Writes down the registries; without it `docker run` is refused.
  "docker-credential-gcr",
  // Keeps the rules that were added, and tells whether one is there.
  "iptables",
  // Keeps who owns what, for which `docker run` asks.
  "chown",
  // Tell, or change, what the folder says that stands for the disk; a test can let them fail.
  "blkid",
  "fsck.ext4",
  "mkfs.ext4",
  "resize2fs",
  // Put a symbolic link in the place of the folder, and tell whether one is there.
  "mount",
  "mountpoint",
  // Is the tests' own runner of units.
  "systemctl",
  // Sleeps a hundredth of the time.
  "sleep",
] as const;

export type StandIn = (typeof STAND_INS)[number];
