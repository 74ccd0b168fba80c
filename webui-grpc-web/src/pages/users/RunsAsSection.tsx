import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { unlinkAgentUser } from "../../api/users";
import { confirm } from "../../components/confirm";
import type { User } from "../../gen/pedl/v1/user_pb";
import { updateOwnUser, useSession } from "../../session/session";
import { runsAs, runsAsMore } from "./agentUser";
import { LinkForm } from "./LinkForm";
import classes from "./UserDrawer.module.css";

/** The Unix user that an account's tasks run as. */
export function RunsAsSection({ user }: { user: User }) {
  const client = useQueryClient();
  const isOwn = useSession().user.id === user.id;
  const [edits, setEdits] = useState(false);
  const link = user.agentUser;
  const unlink = () =>
    confirm({
      title: `Unlink ${user.username}`,
      body: "Tasks that are placed from now on run as the cluster's default user, which may be root. Those that run keep theirs.",
      confirmLabel: "Unlink",
      danger: true,
      action: async () => {
        const { user: unlinked } = await unlinkAgentUser(user.username);
        if (isOwn && unlinked) updateOwnUser(unlinked);
        await client.invalidateQueries({ queryKey: ["users"] });
      },
    });

  return (
    <section className={classes.section} aria-labelledby="runs-as">
      <h2 id="runs-as">Runs as</h2>
      <p className="quiet">
        The Unix user and group that this user's tasks have on every agent, so that files on bind mounts belong to the
        right person. Counts for tasks that are placed from now on.
      </p>
      {edits ? (
        <LinkForm user={user} onDone={() => setEdits(false)} />
      ) : (
        <>
          <p>
            {link ? <span className="mono">{runsAs(link)}</span> : "The cluster's default user"}
            {link && runsAsMore(link) !== null && <span className="quiet"> · {runsAsMore(link)}</span>}
          </p>
          <div className={classes.actions}>
            <Button variant="default" onClick={() => setEdits(true)}>
              {link ? "Change" : "Link with an agent user"}
            </Button>
            {link && (
              <Button variant="default" onClick={unlink}>
                Unlink
              </Button>
            )}
          </div>
        </>
      )}
    </section>
  );
}
