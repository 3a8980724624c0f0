/**
 * The commands of a machine that only a machine has. Each is a stand-in here: it records how it was called, does what
 * the rest of the boot needs, and fails for what it does not know.
 */
export interface StandIn {
  readonly command: string;
  /** What it does here. */
  readonly here: string;
  /** What only a real machine shows. */
  readonly onlyThere: string;
}

export const STAND_INS: readonly StandIn[] = [
  {
    command: "docker",
    here: "runs the container's command as a process of this machine, its paths below a folder, with the Node and the Kafka that the tests have",
    onlyThere:
      "that the images are pulled and run; user, network, capabilities, the read-only root and the log's bounds",
  },
  {
    command: "docker-credential-gcr",
    here: "writes down the registries; without it `docker run` is refused",
    onlyThere: "that the machine's account may pull from the repository",
  },
  {
    command: "iptables",
    here: "keeps the rules that were added, and tells whether one is there",
    onlyThere: "that a rule lets the port in",
  },
  { command: "chown", here: "keeps who owns what; `docker run` asks for it", onlyThere: "the ownership itself" },
  {
    command: "blkid",
    here: "tells what the disk's folder says, or what a test says",
    onlyThere: "how it reads a real disk",
  },
  { command: "mkfs.ext4", here: "notes a file system, with lost+found", onlyThere: "that the disk can be formatted" },
  { command: "fsck.ext4", here: "answers what a test says", onlyThere: "the repair of a file system" },
  { command: "resize2fs", here: "succeeds", onlyThere: "that the file system grows with the disk" },
  { command: "mount", here: "puts a symbolic link in the folder's place", onlyThere: "the mount and its options" },
  { command: "mountpoint", here: "tells whether the link is there", onlyThere: "nothing else" },
  {
    command: "systemctl",
    here: "is the tests' runner of units: order, restarts, timeouts, ExecStop",
    onlyThere: "systemd itself",
  },
  { command: "sleep", here: "sleeps a hundredth of the time", onlyThere: "nothing else" },
];
