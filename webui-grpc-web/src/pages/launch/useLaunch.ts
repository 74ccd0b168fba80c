import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { violationsOf } from "../../api/errors";
import { useAction } from "../../components/useAction";
import { type CommandConfig, type Problem, parseConfig, requestOf } from "../../config/commandConfig";
import { formView } from "../../config/edit";
import { argvFrom, type Program, splitWords } from "../../config/words";
import type { CreateAssetRequest } from "../../gen/pedl/v1/asset_pb";
import { contentOf, launch } from "./api";
import { type Draft, dropDraft, keepDraft, withheldStill } from "./draft";
import { fieldProblems } from "./fieldProblems";
import { requestIds } from "./requestId";
import { useValidation } from "./useValidation";

const NO_PROBLEMS: readonly Problem[] = [];
const NO_VIOLATIONS: ReadonlyMap<string, string> = new Map();

/** A program where there is none yet. */
const STAND_IN = "PROGRAM";

/** In milliseconds, from the last change. */
const KEEP_AFTER = 400;

export type Launch = ReturnType<typeof useLaunch>;

/** What is entered, what is wrong with it, and its launch. The form and the YAML are two views of it. */
export function useLaunch(username: string, from: string | undefined, begin: Draft) {
  const [draft, setDraft] = useState(begin);
  const { program, text } = draft;
  const navigate = useNavigate();

  const parsed = useMemo(() => parseConfig(text), [text]);
  const view = useMemo(() => formView(text), [text]);
  const withheld = useMemo(() => withheldStill(draft), [draft]);
  const programProblem = program.inShell ? undefined : splitWords(program.text).problem;
  const argv = useMemo(() => argvFrom(program), [program]);
  // A comment in the file changes nothing of what is asked for.
  const lastGood = useRef<CommandConfig>({ environmentVariables: new Map() });
  if (parsed.config !== undefined) lastGood.current = parsed.config;
  const request = useMemo(
    () => (parsed.config && programProblem === undefined ? requestOf(parsed.config, argv) : undefined),
    [parsed.config, programProblem, argv],
  );

  // The rest can be looked at before the program is there.
  const shown = useMemo(() => request && withProgram(request), [request]);
  const validation = useValidation(shown);
  const creation = useAction(create);
  const [idOf] = useState(requestIds);
  const violations = useMemo(
    () => (validation.status === "bad" ? violationsOf(validation.error) : NO_VIOLATIONS),
    [validation],
  );
  const problems = parsed.problems ?? NO_PROBLEMS;
  const fields = useMemo(() => {
    const all = new Map(fieldProblems(problems, violations));
    if (programProblem !== undefined) all.set("command.argv", programProblem);
    return all;
  }, [problems, violations, programProblem]);

  const launched = useKept(username, from, draft, begin);

  async function create(request: CreateAssetRequest) {
    const asset = await launch(request, idOf(contentOf(request)));
    launched.current = true;
    dropDraft(username);
    await navigate({ to: "/commands/$id", params: { id: `${asset.id}` } });
  }

  return {
    program,
    setProgram: (program: Program) => setDraft((draft) => ({ ...draft, program })),
    text,
    setText: (change: string | ((text: string) => string)) =>
      setDraft((draft) => ({ ...draft, text: typeof change === "string" ? change : change(draft.text) })),
    /** What a form shows; undefined: the YAML has to be put right first. */
    view,
    argv,
    /** As it was when it could last be read. */
    config: lastGood.current,
    problems,
    violations,
    fields,
    withheld,
    leaveEmpty: () => setDraft((draft) => ({ ...draft, withheld: [] })),
    restart: (draft: Draft) => {
      dropDraft(username);
      creation.forget();
      setDraft(draft);
    },
    isChanged: draft !== begin,
    validation,
    request,
    creation,
  };
}

function withProgram(request: CreateAssetRequest): CreateAssetRequest {
  const { spec } = request;
  if (spec.case !== "command" || spec.value.argv.length > 0) return request;
  return { ...request, spec: { ...spec, value: { ...spec.value, argv: [STAND_IN] } } };
}

/** Keeps the draft over a reload, once something was changed and until it is launched. */
function useKept(username: string, from: string | undefined, draft: Draft, begin: Draft) {
  const launched = useRef(false);
  const keep = useRef(() => {});
  keep.current = () => {
    if (!launched.current && draft !== begin) keepDraft(username, from, draft);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change starts the time anew
  useEffect(() => {
    const timer = setTimeout(() => keep.current(), KEEP_AFTER);
    return () => clearTimeout(timer);
  }, [draft]);
  useEffect(() => {
    const now = () => keep.current();
    window.addEventListener("pagehide", now);
    return () => {
      window.removeEventListener("pagehide", now);
      now();
    };
  }, []);
  return launched;
}
