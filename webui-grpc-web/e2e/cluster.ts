/** A cluster of the tests' own: a real master, real agents, real Docker, the real CLI. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Api, browserCookie, login } from "./api";
import { BUSYBOX, removeContainers } from "./docker";
import { eventually } from "./eventually";
import { BIN, type Outcome, ok, outcome, Program } from "./program";

export interface Settings {
  /** Added to master.yaml. */
  masterYaml?: string;
  /** The agents' names. */
  agents?: string[];
  /** Of each agent. */
  slots?: number;
}

/** Where a cluster is, for those who did not start it. */
export interface Place {
  url: string;
  dir: string;
}

/** An asset, as far as tests read it. */
export interface Described {
  id: number;
  owner: string;
  state: string;
  state_reason: string | null;
  [field: string]: unknown;
}

const ENDED = ["COMPLETED", "FAILED", "KILLED", "LOST"];

/** What members do with a cluster. */
export class Members {
  constructor(readonly place: Place) {}

  get url(): string {
    return this.place.url;
  }

  path(...names: string[]): string {
    return join(this.place.dir, ...names);
  }

  /** Runs `pedl` to its end, with credentials of the cluster's own and an empty environment else. */
  pedl(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const own = { HOME: this.path("home"), PEDL_MASTER: this.url };
    return outcome(join(BIN, "pedl"), args, { ...own, ...env }, this.place.dir);
  }

  /** Runs `pedl`, which must go well, and answers its data. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.pedl(args);
    if (code !== 0) throw new Error(`pedl ${args.join(" ")}: exit ${code}: ${stderr}`);
    return stdout;
  }

  async json<T = Described>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, "-o", "json")) as T;
  }

  /** Creates accounts. */
  async members(...names: string[]): Promise<void> {
    for (const name of names) await this.ok("-u", "admin", "user", "create", name);
  }

  /** Has somebody start a command in the background, and answers its number. */
  async run(owner: string, ...args: string[]): Promise<number> {
    return Number(await this.ok("-u", owner, "command", "run", "-d", ...args));
  }

  describe(id: number): Promise<Described> {
    return this.json("command", "describe", String(id));
  }

  /** Waits until a command is in a state. */
  waitFor(id: number, state: string): Promise<Described> {
    return eventually(`${id} to be ${state}`, async () => {
      const asset = await this.describe(id);
      if (asset.state === state) return asset;
      if (ENDED.includes(asset.state)) throw new Error(`${id} should be ${state}: ${JSON.stringify(asset)}`);
      return undefined;
    });
  }

  /** The API, as somebody. */
  as(username: string, password = ""): Promise<Api> {
    return login(this.url, username, password);
  }

  /** A page's cookie, as somebody. */
  cookie(username: string, password = ""): Promise<string> {
    return browserCookie(this.url, username, password);
  }

  /** Makes a directory that belongs to a Unix user, for a bind mount. */
  sharedDir(name: string, uid: number, gid: number): string {
    const path = this.path(name);
    mkdirSync(path);
    chownSync(path, uid, gid);
    return path;
  }
}

export class Cluster extends Members {
  private master: Program | undefined;
  private readonly agents = new Map<string, Program>();
  private id = "";

  private constructor(
    place: Place,
    private readonly settings: Required<Settings>,
  ) {
    super(place);
  }

  static async start(settings: Settings = {}): Promise<Cluster> {
    const dir = mkdtempSync(join(tmpdir(), "pedl-e2e-"));
    // Members' containers must be able to reach what tests put here for them.
    chmodSync(dir, 0o755);
    const defaults = `task_container_defaults: { image: '${BUSYBOX}', shm_size: 16MiB }\n`;
    writeFileSync(join(dir, "master.yaml"), `${defaults}${settings.masterYaml ?? ""}\n`);
    const all = { masterYaml: "", agents: ["n0"], slots: 16, ...settings };
    const cluster = new Cluster({ url: "http://127.0.0.1:0", dir }, all);
    try {
      await cluster.startMaster();
      cluster.id = (await cluster.json<{ cluster_id: string }>("master", "info")).cluster_id;
      for (const name of all.agents) cluster.startAgent(name);
      await cluster.waitForAgents();
    } catch (error) {
      console.error(cluster.logs());
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Starts the master, on the port that it had before. */
  async startMaster(): Promise<void> {
    const log = this.path("master.log");
    const seen = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const address = new URL(this.url).host;
    const args = ["--config", this.path("master.yaml"), "--listen", address, "--data-dir", this.path("master")];
    const master = Program.start("pedl-master", args, log);
    this.master = master;
    this.place.url = await eventually("the master to listen", () => {
      if (!master.isRunning()) throw new Error(`the master ended: ${master.output()}`);
      return readFileSync(log)
        .subarray(seen)
        .toString()
        .match(/listening on (http:\/\/[^\s]+)\s/)?.[1];
    });
  }

  async killMaster(): Promise<void> {
    await this.master?.kill();
    this.master = undefined;
  }

  startAgent(name: string): void {
    const args = [
      "--config",
      "/dev/null",
      "--master",
      this.url,
      "--name",
      name,
      "--slots",
      String(this.settings.slots),
    ];
    args.push("--data-dir", this.path(name), "--token-file", this.path("master/agent-token"));
    this.agents.set(name, Program.start("pedl-agent", args, this.path(`${name}.log`)));
  }

  async killAgent(name: string): Promise<void> {
    await this.agents.get(name)?.kill();
    this.agents.delete(name);
  }

  async waitForAgents(): Promise<void> {
    await eventually("the agents to connect", async () => {
      const agents = await this.json<{ connected: boolean }[]>("agent", "list");
      return agents.filter((agent) => agent.connected).length === this.agents.size;
    });
  }

  /** Runs SQL on the database; the master must not run. */
  async sql(statements: string): Promise<void> {
    const program = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2]); db.close()";
    await ok("python3", ["-c", program, this.path("master/pedl.db"), statements]);
  }

  /** What the programs have said. */
  logs(): string {
    const programs = [["master", this.master] as const, ...this.agents];
    return programs.map(([name, program]) => `--- ${name}\n${program?.output() ?? ""}`).join("\n");
  }

  /** Ends all that it has started, and leaves nothing behind. */
  async stop(): Promise<void> {
    // The agents before the master: they shall not see it go.
    for (const name of [...this.agents.keys()]) await this.killAgent(name);
    await this.killMaster();
    if (this.id !== "") await removeContainers(`pedl.cluster=${this.id}`);
    // Removing the directory would empty what an agent that was killed left mounted in it.
    if (await unmountBelow(this.place.dir)) rmSync(this.place.dir, { recursive: true, force: true });
  }
}

/** Unmounts what is mounted below a directory; answers whether nothing is left. */
async function unmountBelow(dir: string): Promise<boolean> {
  const mounted = () => {
    const places = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "");
    return places.filter((place) => place.startsWith(`${dir}/`));
  };
  for (const place of mounted()) await outcome("umount", ["--lazy", place], process.env);
  return mounted().length === 0;
}
