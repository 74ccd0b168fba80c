/** Chromium, and what must not happen in its pages. */
import { execFileSync } from "node:child_process";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(more: string[] = []): Promise<Browser> {
  const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more] });
}

/** What went wrong in a test's pages, apart from what it expects. */
export class Faults {
  private readonly seen: string[] = [];
  // A container that starts changes the machine's network, and Chromium then drops what is under way and asks anew.
  private readonly expected = [/ERR_NETWORK_CHANGED/];

  /** Has what matches go by. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  all(): string[] {
    return this.seen.filter((fault) => !this.expected.some((pattern) => pattern.test(fault)));
  }

  /** Watches pages that have to do with one origin alone. */
  async watch(context: BrowserContext, own: string): Promise<void> {
    await context.exposeBinding("cspViolated", (_, what: string) => void this.seen.push(`CSP: ${what}`));
    await context.addInitScript(() => {
      const { cspViolated } = globalThis as unknown as { cspViolated: (what: string) => void };
      addEventListener(
        "securitypolicyviolation",
        ({ effectiveDirective, blockedURI, sourceFile, lineNumber, sample }) => {
          cspViolated(`${effectiveDirective} ${blockedURI} ${sample} at ${sourceFile}:${lineNumber}`);
        },
      );
    });
    context.on("weberror", (error) => this.seen.push(`uncaught: ${error.error().stack}`));
    context.on("console", (message) => {
      const { url, lineNumber } = message.location();
      if (message.type() === "error") this.seen.push(`console: ${message.text()} at ${url}:${lineNumber}`);
    });
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (["http:", "https:", "ws:", "wss:"].includes(protocol) && origin !== own) {
        this.seen.push(`request to ${request.url()}`);
      }
    });
  }
}

/** Whether a page is wider than its window. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth;
  });
}
