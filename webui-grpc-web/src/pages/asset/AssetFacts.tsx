import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { hasEnded } from "../../assets/states";
import { CopyButton } from "../../components/CopyButton";
import { Duration } from "../../components/Duration";
import { type Fact, Facts } from "../../components/Facts";
import { RelativeTime } from "../../components/RelativeTime";
import { printRunTime, runTimeFromProto } from "../../config/runTime";
import { quoteWords } from "../../config/words";
import { type Asset, AssetState, type BindMount, type Task } from "../../gen/pedl/v1/asset_pb";
import classes from "./AssetFacts.module.css";
import { explainExit } from "./exitCode";
import { queuePlaceQuery } from "./queries";
import { runAsWords } from "./runAs";

/** What is known of an asset: whom it runs as and where, in what, and how long it took. */
export function AssetFacts({ asset }: { asset: Asset }) {
  const task = asset.latestTask;
  const command = asset.spec.case === "command" ? asset.spec.value : undefined;
  const container = command?.container;
  const argv = command?.argv ?? [];
  const items: (Fact | undefined)[] = [
    exitFact(task),
    asset.state === AssetState.QUEUED ? { label: "In the queue", value: <QueuePlace asset={asset} /> } : undefined,
    runAsFact(task),
    { label: "Agent", value: task?.agent ? task.agent : quiet("not placed yet") },
    { label: "Resource pool", value: asset.resourcePool },
    { label: "Slots", value: container?.slots ?? 1 },
    argv.length > 0 ? { label: "Program", value: <Program argv={argv} /> } : undefined,
    container && { label: "Image", value: mono(container.image) },
    container && container.bindMounts.length > 0
      ? { label: "Mounts", value: container.bindMounts.map((mount) => <Mount key={mount.containerPath} {...mount} />) }
      : undefined,
    { label: "Created", value: <RelativeTime at={asset.createdAt} /> },
    startedFact(asset),
    command?.maxRunTime && { label: "Max run time", value: printRunTime(runTimeFromProto(command.maxRunTime)) },
    asset.endedAt && asset.startedAt
      ? { label: "Ended", value: <When at={asset.endedAt} more="after" from={asset.startedAt} to={asset.endedAt} /> }
      : asset.endedAt && { label: "Ended", value: <RelativeTime at={asset.endedAt} /> },
    task && {
      label: "Task",
      value: (
        <span className={classes.task}>
          <span className={classes.id}>{task.id}</span>
          <CopyButton value={task.id} label="Copy the task's id" />
        </span>
      ),
    },
  ];
  return <Facts items={items.filter((item) => item !== undefined)} />;
}

function exitFact(task: Task | undefined): Fact | undefined {
  if (task?.exitCode === undefined) return undefined;
  const meaning = explainExit(task.exitCode);
  return {
    label: "Exit code",
    value: (
      <>
        <span className="num">{task.exitCode}</span>
        {meaning ? <div className={classes.more}>{meaning}</div> : null}
      </>
    ),
  };
}

function runAsFact(task: Task | undefined): Fact {
  if (task?.runAs === undefined) return { label: "Runs as", value: quiet("settled when it is placed") };
  const { user, group, further, umask } = runAsWords(task.runAs);
  return {
    label: "Runs as",
    value: (
      <>
        {mono(`${user} : ${group}`)}
        {further ? <div className={classes.more}>further groups {further}</div> : null}
        <div className={classes.more}>umask {umask}</div>
      </>
    ),
  };
}

function startedFact({ createdAt, startedAt, endedAt, state }: Asset): Fact | undefined {
  if (startedAt)
    return { label: "Started", value: <When at={startedAt} more="waited" from={createdAt} to={startedAt} /> };
  if (hasEnded(state) || endedAt) return { label: "Started", value: quiet("never") };
  return {
    label: "Waiting for",
    value: <Duration from={createdAt} />,
  };
}

interface Span {
  at: Asset["startedAt"];
  more: string;
  from: Asset["startedAt"];
  to: Asset["startedAt"];
}

function When({ at, more, from, to }: Span) {
  return (
    <>
      <RelativeTime at={at} />
      <span className={classes.more}>
        {" "}
        · {more} <Duration from={from} {...(to && { to })} />
      </span>
    </>
  );
}

function QueuePlace({ asset }: { asset: Asset }) {
  const { data: place } = useQuery(queuePlaceQuery(asset));
  if (place === undefined || place === null) return <span className="quiet">–</span>;
  return <span className="num">{place === 1 ? "next" : `${place - 1} before it`}</span>;
}

function Program({ argv }: { argv: readonly string[] }) {
  const line = quoteWords(argv);
  return (
    <span className={classes.task}>
      <code className={classes.program}>{line}</code>
      <CopyButton value={line} label="Copy the program" />
    </span>
  );
}

function Mount({ hostPath, containerPath, readOnly }: BindMount) {
  return (
    <div className={classes.mount}>
      {mono(hostPath === containerPath ? hostPath : `${hostPath} → ${containerPath}`)}{" "}
      <span className={classes.more}>{readOnly ? "read-only" : "writable"}</span>
    </div>
  );
}

function mono(text: string): ReactNode {
  return <span className="mono">{text}</span>;
}

function quiet(text: string): ReactNode {
  return <span className="quiet">{text}</span>;
}
