/** Linux's signals on x86-64 and arm64 (signal(7)), by number. */
const SIGNALS = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU " +
  "XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");

/** What an exit code means by convention: that of shells, and of `docker run`. */
export function explainExit(code: number): string | undefined {
  switch (code) {
    case 0:
      return undefined;
    case 125:
      return "the container could not be started, or was killed";
    case 126:
      return "the program could not be run";
    case 127:
      return "the program was not found";
    case 137:
      return "SIGKILL: killed, or out of memory";
    case 139:
      return "SIGSEGV: it touched memory that is not its own";
    case 143:
      return "SIGTERM: asked to stop";
    default: {
      const name = code > 128 ? SIGNALS[code - 129] : undefined;
      return name && `SIG${name}`;
    }
  }
}
