import { Drawer } from "@mantine/core";
import { EmptyState } from "../../components/EmptyState";
import { OwnerMark } from "../../components/OwnerMark";
import type { User } from "../../gen/pedl/v1/user_pb";
import { AccountForm } from "./AccountForm";
import { ActiveSection } from "./ActiveSection";
import { PasswordSection } from "./PasswordSection";
import { RunsAsSection } from "./RunsAsSection";
import classes from "./UserDrawer.module.css";

interface Props {
  /** Whom the address names; undefined: nobody. */
  username: string | undefined;
  /** The account of that name; undefined: there is none. */
  user: User | undefined;
  onClose: () => void;
  onRenamed: (username: string) => void;
}

/** One account, and all that an administrator does with it. */
export function UserDrawer({ username, user, onClose, onRenamed }: Props) {
  return (
    <Drawer
      opened={username !== undefined}
      onClose={onClose}
      position="right"
      size={480}
      title={username !== undefined && <OwnerMark username={username} withName size={24} />}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {user ? (
        <div key={String(user.id)}>
          <section className={classes.section} aria-label="Account">
            <AccountForm user={user} onRenamed={onRenamed} />
          </section>
          <RunsAsSection user={user} />
          <PasswordSection user={user} />
          <ActiveSection user={user} />
        </div>
      ) : (
        username !== undefined && (
          <EmptyState title={`There is no user ${username}`}>The account may have been renamed.</EmptyState>
        )
      )}
    </Drawer>
  );
}
