import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { activateUser } from "../../api/users";
import { FormError } from "../../components/FormError";
import { notify } from "../../components/notify";
import { useAction } from "../../components/useAction";
import type { User } from "../../gen/pedl/v1/user_pb";
import { DeactivateDialog } from "./DeactivateDialog";
import classes from "./UserDrawer.module.css";

/** Whether an account may sign in and act. */
export function ActiveSection({ user }: { user: User }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const activation = useAction(async () => {
    await activateUser(user.username);
    await client.invalidateQueries({ queryKey: ["users"] });
    notify.success(`${user.username} is active`);
  });
  return (
    <section className={classes.section} aria-labelledby="active">
      <h2 id="active">{user.active ? "Active" : "Inactive"}</h2>
      {user.active ? (
        <>
          <p className="quiet">
            Deactivating ends the sessions and keeps the user from signing in. Nothing is deleted.
          </p>
          <Button variant="default" c="var(--tone-bad)" onClick={() => setAsks(true)}>
            Deactivate…
          </Button>
        </>
      ) : (
        <>
          <p className="quiet">Cannot sign in or act. Activating brings back neither sessions nor access tokens.</p>
          <Button variant="default" loading={activation.busy} onClick={() => activation.run()}>
            Activate
          </Button>
          <FormError error={activation.error} />
        </>
      )}
      {asks && <DeactivateDialog username={user.username} onClose={() => setAsks(false)} />}
    </section>
  );
}
