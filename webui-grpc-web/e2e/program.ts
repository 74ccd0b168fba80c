/** Programs, running: the workspace's own and others. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder with pedl, pedl-master and pedl-agent. */
export const BIN = resolve(process.env.PEDL_BIN ?? join(import.meta.dirname, "../../target/debug"));

/** A running program, whose output goes to a file. */
export class Program {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<void>,
    private readonly log: string,
  ) {}

  static start(command: string, args: string[], log: string, env: NodeJS.ProcessEnv = {}): Program {
    const path = command.includes("/") ? command : join(BIN, command);
    if (!existsSync(path)) throw new Error(`there is no ${path}: \`cargo build --workspace\`?`);
    const file = openSync(log, "a");
    // It ends with us, however we end.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", path, ...args], {
      stdio: ["ignore", file, file],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
    closeSync(file);
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    return new Program(child, ended, log);
  }

  /** What it has written. */
  output(): string {
    return readFileSync(this.log, "utf8");
  }

  isRunning(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Kills it at once, as a power cut would. */
  async kill(): Promise<void> {
    if (this.isRunning()) this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** What a command line came to. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line to its end. */
export function outcome(command: string, args: string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, cwd, maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      const code = error?.code ?? 0;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** Runs a command line that must go well, and answers its output. */
export async function ok(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { code, stdout, stderr } = await outcome(command, args, env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: exit ${code}: ${stderr}`);
  return stdout;
}
