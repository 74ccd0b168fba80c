import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense, useRef, useState } from "react";
import { agentsQuery } from "../../api/cluster";
import { PageHeader } from "../../components/PageHeader";
import type { EditorHandle } from "../../config/YamlEditor";
import type { Asset } from "../../gen/pedl/v1/asset_pb";
import { part } from "../../part";
import { useSession } from "../../session/session";
import { Aside } from "./Aside";
import { ConfigForm } from "./ConfigForm";
import type { Draft } from "./draft";
import { marksOf } from "./fieldProblems";
import { LaunchBar } from "./LaunchBar";
import classes from "./LaunchForm.module.css";
import { Notice } from "./Notice";
import { ProgramField } from "./ProgramField";
import { useLaunch } from "./useLaunch";
import { useLaunchKey } from "./useLaunchKey";
import { WithheldNotice } from "./WithheldNotice";

const ConfigYaml = part(() => import("./ConfigYaml"));

interface Props {
  from: string | undefined;
  template: Asset | undefined;
  /** What one begins with. */
  fresh: Draft;
  /** What was entered here before. */
  kept: Draft | undefined;
}

/** The program and its configuration, in a form or as YAML, and all that is known of it before it runs. */
export function LaunchForm({ from, template, fresh, kept }: Props) {
  const { user } = useSession();
  const [restored, setRestored] = useState(kept !== undefined);
  const launch = useLaunch(user.username, from, kept ?? fresh);
  const [asYaml, setAsYaml] = useState(false);
  const [attempted, setAttempted] = useState(false);
  const { data: agents } = useQuery(agentsQuery());
  const pools = [...new Set(agents?.map((agent) => agent.resourcePool))].sort();
  const editor = useRef<EditorHandle>(null);
  const body = useRef<HTMLDivElement>(null);
  const { request, creation, withheld } = launch;

  const submit = async () => {
    setAttempted(true);
    const good = request !== undefined && launch.fields.size === 0 && launch.argv.length > 0 && withheld.length === 0;
    if (good && !creation.busy) {
      await creation.run(request);
    } else {
      showFirstProblem();
    }
  };

  const showFirstProblem = () => {
    const [first] = marksOf(launch.text, launch.problems, launch.violations, withheld);
    if (asYaml && first !== undefined && editor.current !== null) {
      editor.current.goTo(first.from);
      return;
    }
    if (launch.view === undefined) setAsYaml(true);
    // Once the fields that nobody had touched yet are marked too.
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };

  useLaunchKey(() => void submit());

  return (
    <div className={classes.page}>
      <PageHeader
        title="Launch a command"
        lead={
          template && (
            <>
              With the configuration of{" "}
              <Link to="/commands/$id" params={{ id: `${template.id}` }} className={classes.source}>
                {`${template.id} ${template.description}`}
              </Link>
              {template.owner === user.username ? null : ` by ${template.owner}`}
            </>
          )
        }
        actions={
          <SegmentedControl
            aria-label="How to edit the configuration"
            size="xs"
            value={asYaml ? "yaml" : "form"}
            onChange={(value) => setAsYaml(value === "yaml")}
            data={[
              { value: "form", label: "Form" },
              { value: "yaml", label: "YAML" },
            ]}
          />
        }
      />
      <div className={classes.columns} ref={body}>
        <div className={classes.main}>
          {restored ? (
            <Notice
              action={
                <Button
                  variant="default"
                  size="compact-xs"
                  onClick={() => {
                    launch.restart(fresh);
                    setRestored(false);
                  }}
                >
                  Start over
                </Button>
              }
            >
              This is what you had entered before.
            </Notice>
          ) : null}
          <WithheldNotice launch={launch} redacted={template?.redacted === true && !restored} owner={template?.owner} />
          <ProgramField launch={launch} attempted={attempted} />
          {asYaml ? (
            <Suspense fallback={<div className={classes.editorSpace} />}>
              <ConfigYaml launch={launch} pools={pools} handle={editor} />
            </Suspense>
          ) : (
            <ConfigForm launch={launch} pools={pools} attempted={attempted} onYaml={() => setAsYaml(true)} />
          )}
        </div>
        <Aside launch={launch} />
      </div>
      <LaunchBar launch={launch} attempted={attempted} onLaunch={() => void submit()} onProblem={showFirstProblem} />
    </div>
  );
}
