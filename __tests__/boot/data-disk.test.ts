import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { METADATA } from "../../stacks/constructs/machine-metadata";
import { synthesizePlatform } from "../stacks/synthesize-platform";
import { type DataDisk, emptyDisk } from "../support/machine/data-disk";
import { type Google, objects, startGoogle } from "../support/machine/google";
import { Machine } from "../support/machine/machine";
import { type MachineTemplate, templateOf } from "../support/machine/template";
import { describeOnLinux } from "../support/requires";

/**
 * What Kafka's machine does with its data disk: the real unit and the real script of a synth, on a disk that is what a
 * test says. The keeper is one that always fails, so that nothing comes after the disk.
 */

const KEEPER = Buffer.from("/* Rhythmic keeper; fails */\nprocess.exit(1);\n");
const UNIT = "rhythmic-kafka";
const DEVICE = "/dev/disk/by-id/google-kafka-data";

describeOnLinux("what Kafka's machine does with its data disk", () => {
  let template: MachineTemplate;
  let google: Google;
  let disk: DataDisk;
  let machine: Machine;

  beforeAll(async () => {
    const sha256 = createHash("sha256").update(KEEPER).digest("hex");
    const bundle = {
      [METADATA.bundle]: "https://storage.googleapis.com/artifacts/keeper.cjs",
      [METADATA.bundleSha256]: sha256,
    };
    const declared = templateOf(synthesizePlatform("dev"), "kafka");
    template = { ...declared, attributes: { ...declared.attributes, ...bundle } };
    google = await startGoogle({ "storage.googleapis.com": objects(new Map([["/artifacts/keeper.cjs", KEEPER]])) });
  });
  afterAll(() => google.stop());
  beforeEach(() => {
    disk = emptyDisk();
  });
  afterEach(async () => {
    await machine.remove();
    disk.remove();
  });

  /** Boots Kafka's machine with the disk, until its unit has given up once. */
  async function boot(): Promise<void> {
    const { network, authority } = google;
    machine = await Machine.create({ template, network, authority, disks: { "kafka-data": disk } });
    google.accept(machine.metadata.token, template.email);
    machine.boot();
    await machine.until("the unit has failed once", () => machine.unit(UNIT).restarts > 0);
  }

  const mounted = () => path.join(machine.folders.host, "mnt/disks/kafka");
  const isMounted = () => lstatSync(mounted(), { throwIfNoEntry: false })?.isSymbolicLink() === true;

  test("an empty disk gets a file system, once, and is mounted with a folder for each who uses it", async () => {
    await boot();
    await machine.until("the unit has come back", () => machine.unit(UNIT).restarts > 2);
    expect(machine.calls("mkfs.ext4")).toEqual([`-q -m 0 ${DEVICE}`]);
    expect(disk.state()).toMatchObject({ fileSystem: "ext4", formatted: 1 });
    expect(isMounted()).toBe(true);
    expect(readdirSync(disk.data).sort()).toEqual(["data", "keeper", "lost+found", "tls"]);
    expect(machine.calls("chown").slice(0, 4)).toEqual([
      "0:0 /mnt/disks/kafka",
      "1000:1000 /mnt/disks/kafka/data",
      "2000:1000 /mnt/disks/kafka/tls",
      "2000:2000 /mnt/disks/kafka/keeper",
    ]);
  });

  test("a disk with a file system is looked through, may grow, and is never formatted", async () => {
    disk.set({ fileSystem: "ext4", formatted: 1, fsckStatus: 1 });
    await boot();
    expect(machine.calls("mkfs.ext4")).toEqual([]);
    expect(machine.calls("fsck.ext4")).toEqual([`-p ${DEVICE}`]);
    expect(machine.calls("resize2fs")).toContain(DEVICE);
    expect(isMounted()).toBe(true);
  });

  test("a disk that can't be read is not touched, and the log says why", async () => {
    disk.set({ fileSystem: "ext4", formatted: 1, blkidStatus: 4 });
    await boot();
    expect(machine.log(UNIT)).toContain(`rhythmic-kafka: can't tell what is on ${DEVICE} (blkid: 4); not touched`);
    for (const command of ["mkfs.ext4", "fsck.ext4", "mount"]) expect(machine.calls(command)).toEqual([]);
  });

  test("the keeper waits for the disk: one that found no folder of its own would end as with wrong settings, for good", async () => {
    disk.set({ fileSystem: "ext4", formatted: 1, fsckStatus: 4 });
    await boot();
    const keeper = machine.unit("rhythmic-keeper");
    await machine.until("its unit was tried again", () => keeper.restarts > 1);
    expect(keeper.ends).toEqual([]);
  });

  test("a file system that needs a person is not mounted", async () => {
    disk.set({ fileSystem: "ext4", formatted: 1, fsckStatus: 4 });
    await boot();
    expect(machine.calls("mount")).toEqual([]);
    expect(existsSync(path.join(disk.data, "data"))).toBe(false);
  });

  test("nothing of Kafka's starts before its disk and its certificates are there", async () => {
    disk.set({ fileSystem: "ext4", formatted: 1, fsckStatus: 4 });
    await boot();
    expect(machine.calls("docker").filter((call) => call.startsWith("run"))).toEqual([]);
  });
});
