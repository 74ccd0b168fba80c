/** A team at work: what pages show when they are looked at, not tested. */
import { join } from "node:path";
import { Cluster } from "./cluster";
import { ok } from "./program";

const IMAGE = "lab/pytorch:2.7";

const MEMBERS = [
  ["ada", "Ada Lovelace"],
  ["alan", "Alan Turing"],
  ["barbara", "Barbara Liskov"],
  ["grace", "Grace Hopper"],
  ["katherine", "Katherine Johnson"],
] as const;

interface Work {
  owner: string;
  description: string;
  argv: string;
  slots: number;
  /** How it stands in the end. */
  state: string;
  /** How many minutes ago it was asked for. */
  age: number;
}

const work = (owner: string, description: string, argv: string, slots: number, state: string, age: number): Work => ({
  owner,
  description,
  argv,
  slots,
  state,
  age,
});

/** In the order in which they were asked for. */
const WORK = [
  work("alan", "Tokenize the wiki dump", "tokenize.py --out /data/wiki-tok", 0, "COMPLETED", 2890),
  work("ada", "Export resnet50 to ONNX", "export.py --opset 20", 0, "COMPLETED", 1710),
  work("grace", "Evaluate checkpoint 41 on the held-out set", "evaluate.py --ckpt 41", 1, "COMPLETED", 1540),
  work("katherine", "Reward model, seed 1", "reward.py --seed 1", 2, "FAILED", 1490),
  work("ada", "Sweep: lr 3e-4", "finetune.py --lr 3e-4", 1, "KILLED", 1333),
  work("ada", "Sweep: lr 1e-4", "export.py --lr 1e-4", 1, "COMPLETED", 1332),
  work("barbara", "Deduplicate the crawl", "tokenize.py --dedup", 0, "COMPLETED", 610),
  work("grace", "Fine-tune llama-8b with LoRA, r 16", "finetune.py --rank 16", 2, "RUNNING", 402),
  work("katherine", "Reward model, seed 3", "reward.py --seed 3", 2, "FAILED", 288),
  work(
    "ada",
    "Train resnet50 on imagenet-1k",
    "train.py --model resnet50 --batch 1024 --lr 0.4 --epochs 90",
    4,
    "RUNNING",
    131,
  ),
  work("alan", "Evaluate the tokenizer", "evaluate.py --tokenizer", 0, "COMPLETED", 97),
  work("barbara", "Embeddings for the catalogue", "embed.py --catalogue 2026-11", 1, "RUNNING", 54),
  work("ada", "Evaluate resnet50 at epoch 10", "evaluate.py --ckpt 10", 0, "COMPLETED", 33),
  work("alan", "1.3B baseline on eight slots", "train.py --model base-1b3", 8, "QUEUED", 21),
  work("ada", "Train ViT-B/16, 300 epochs", "train.py --model vit-b-16 --epochs 300", 4, "QUEUED", 12),
];

/** What pages are looked at by. */
export interface Team {
  cluster: Cluster;
  /** The number of the command whose log is the liveliest. */
  training: number;
  failed: number;
}

export async function startTeam(): Promise<Team> {
  await ok("docker", ["build", "--quiet", "--tag", IMAGE, join(import.meta.dirname, "team")]);
  const cluster = await Cluster.start({ agents: ["lab-1", "lab-2"], slots: 4 });
  try {
    for (const [number, [name, displayName]] of MEMBERS.entries()) {
      await cluster.ok("-u", "admin", "user", "create", name, "--display-name", displayName);
      const id = String(1001 + number);
      const unix = ["--agent-uid", id, "--agent-user", name, "--agent-gid", "1000", "--agent-group", "lab"];
      await cluster.ok("-u", "admin", "user", "link-with-agent-user", name, ...unix);
    }
    const ids = new Map<Work, number>();
    for (const job of WORK) {
      const { owner, description, slots, argv, state } = job;
      const options = ["--image", IMAGE, "--description", description, "--slots", String(slots)];
      const id = await cluster.run(owner, ...options, "--", "python", ...argv.split(" "));
      ids.set(job, id);
      if (state === "KILLED") {
        await cluster.waitFor(id, "RUNNING");
        await cluster.ok("-u", owner, "command", "kill", String(id));
      }
      await cluster.waitFor(id, state);
    }
    await age(cluster, ids);
    const idOf = (description: string) =>
      ids.get(WORK.find((job) => job.description === description) as Work) as number;
    return { cluster, training: idOf("Train resnet50 on imagenet-1k"), failed: idOf("Reward model, seed 3") };
  } catch (error) {
    console.error(cluster.logs());
    await cluster.stop();
    throw error;
  }
}

/** Lets what was asked for just now have been asked for when it says, and what has ended have taken a while. */
async function age(cluster: Cluster, ids: Map<Work, number>): Promise<void> {
  await cluster.killMaster();
  const statements = [...ids].flatMap(([{ age }, id]) => {
    const back = age * 60_000_000;
    const took = Math.round(back * 0.3);
    const times = `created_at = created_at - ${back}, started_at = started_at - ${back}, ended_at = started_at - ${back} + ${took} + ended_at * 0`;
    return [
      `UPDATE assets SET ${times} WHERE id = ${id};`,
      `UPDATE tasks SET ${times}, placed_at = placed_at - ${back} WHERE asset_id = ${id};`,
      `UPDATE asset_events SET time = time - ${back} WHERE asset_id = ${id};`,
    ];
  });
  await cluster.sql(statements.join("\n"));
  await cluster.startMaster();
  await cluster.waitForAgents();
}
