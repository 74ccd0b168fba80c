import { expect, test } from "vitest";
import { parseConfig } from "../../config/commandConfig";
import { splitWords } from "../../config/words";
import { cliLine } from "./cliLine";

function line(yaml: string, argv = ["true"]): string {
  const { config } = parseConfig(yaml);
  if (config === undefined) throw new Error(yaml);
  return cliLine(config, argv);
}

test.each([
  ["", "pedl command run -- true"],
  ["image: python:3.12\nslots: 0\n", "pedl command run --image python:3.12 --slots 0 -- true"],
  ["slots: -1\n", "pedl command run --slots=-1 -- true"],
  ["description: it's\n", "pedl command run --description 'it'\\''s' -- true"],
  ["description: -x\n", "pedl command run --description=-x -- true"],
  ["environment_variables: {TOKEN: secret, E: ''}\n", 'pedl command run -e TOKEN="$TOKEN" -e E= -- true'],
  ["environment_variables: {a.b: secret, 1A: secret}\n", 'pedl command run -e a.b="$a_b" -e 1A="$_1A" -- true'],
  ["bind_mounts: [{host_path: /a, container_path: b, read_only: true}]\n", "pedl command run -v /a:b:ro -- true"],
  [
    "bind_mounts: [{host_path: /a, container_path: /b, propagation: rslave}]\n",
    "pedl command run -v /a:/b:rslave -- true",
  ],
  ["shm_size: 4GiB\ncpus: 1.5\n", "pedl command run --cpus 1.5 --config shm_size=4GiB -- true"],
  ["max_run_time: 2h\n", "pedl command run --max-run-time 2h -- true"],
  ["max_run_time: 90m\n", "pedl command run --max-run-time '1h 30m' -- true"],
  ["resource_pool: big\n", "pedl command run --config resource_pool=big -- true"],
])("%j", (yaml, want) => expect(line(yaml)).toBe(want));

test("a value that is withheld is the shell's", () => {
  const environmentVariables = new Map([["A", ""]]);
  expect(cliLine({ environmentVariables }, ["true"], ["A"])).toBe('pedl command run -e A="$A" -- true');
});

test("a path with a colon is a setting, and a long line is broken", () => {
  const text = line("bind_mounts: [{host_path: '/a:b', container_path: /c}]\nadd_capabilities: [SYS_PTRACE]\n", [
    "python",
    "a b",
  ]);
  expect(text).toBe(`\
pedl command run \\
  --config 'bind_mounts=[{"host_path":"/a:b","container_path":"/c"}]' \\
  --config 'add_capabilities=["SYS_PTRACE"]' \\
  -- python 'a b'`);
  expect(splitWords(text).words?.slice(-3)).toEqual(["--", "python", "a b"]);
});
