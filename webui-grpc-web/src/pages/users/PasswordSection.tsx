import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { User } from "../../gen/pedl/v1/user_pb";
import { useSession } from "../../session/session";

import { ResetPasswordForm } from "./ResetPasswordForm";
import classes from "./UserDrawer.module.css";

/** Sets an account's password anew. */
export function PasswordSection({ user }: { user: User }) {
  const isOwn = useSession().user.id === user.id;
  const [edits, setEdits] = useState(false);
  return (
    <section className={classes.section} aria-labelledby="password">
      <h2 id="password">Password</h2>
      {isOwn ? (
        <p className="quiet">
          This is you: change your password under{" "}
          <Link to="/account" className="link">
            Account
          </Link>
          .
        </p>
      ) : edits ? (
        <ResetPasswordForm username={user.username} onClose={() => setEdits(false)} />
      ) : (
        <>
          <p className="quiet">For whoever has lost it, or has none yet.</p>
          <Button variant="default" onClick={() => setEdits(true)}>
            Set a new password
          </Button>
        </>
      )}
    </section>
  );
}
