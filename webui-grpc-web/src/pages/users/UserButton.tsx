import { OwnerMark } from "../../components/OwnerMark";
import classes from "./UserButton.module.css";

/** An account's name, which opens it. */
export function UserButton({ username, onOpen }: { username: string; onOpen: (username: string) => void }) {
  return (
    <button type="button" tabIndex={-1} className={classes.name} onClick={() => onOpen(username)}>
      <OwnerMark username={username} withName />
    </button>
  );
}
