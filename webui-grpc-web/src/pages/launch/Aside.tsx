import { Suspense, useMemo } from "react";
import { CopyButton } from "../../components/CopyButton";
import { part } from "../../part";
import classes from "./Aside.module.css";
import { cliLine } from "./cliLine";
import { completedYaml } from "./completed";
import type { Launch } from "./useLaunch";

const YamlView = part(() => import("../../config/YamlView"));

/** What comes of what is entered: the line for a terminal, and the command with the cluster's defaults. */
export function Aside({ launch }: { launch: Launch }) {
  const { config, argv, validation, withheld } = launch;
  const line = useMemo(() => cliLine(config, argv, withheld), [config, argv, withheld]);
  const completed = useMemo(
    () => validation.asset && completedYaml(validation.asset, config, argv),
    [validation.asset, config, argv],
  );
  return (
    <aside className={classes.root}>
      <section>
        <h2 className={classes.title}>In a terminal</h2>
        <div className={classes.line}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard */}
          <pre className={classes.code} tabIndex={0}>
            {line}
          </pre>
          <CopyButton value={line} label="Copy the command line" />
        </div>
        {config.environmentVariables.size > 0 ? (
          <p className={classes.hint}>The values of variables are taken from your shell's.</p>
        ) : null}
      </section>
      <section>
        <h2 className={classes.title}>With the cluster's defaults</h2>
        {completed === undefined ? (
          <p className={classes.hint}>What the command would be is shown here as soon as the master takes it.</p>
        ) : (
          <Suspense fallback={<div className={classes.space} />}>
            <div data-old={validation.status !== "good" || undefined} className={classes.completed}>
              <YamlView text={completed} label="Configuration with the cluster's defaults" />
            </div>
          </Suspense>
        )}
      </section>
    </aside>
  );
}
