import { CopyButton } from "./CopyButton";
import classes from "./TokenOnce.module.css";

/** A secret that is shown this once. It lives in the state of whoever shows it, and nowhere else. */
export function TokenOnce({ token, warning }: { token: string; warning: string }) {
  return (
    <div className={classes.token}>
      <div className={classes.line}>
        <code>{token}</code>
        <CopyButton value={token} label="Copy the token" />
      </div>
      <p>{warning}</p>
    </div>
  );
}
