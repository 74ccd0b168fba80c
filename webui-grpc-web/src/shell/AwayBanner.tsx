import { connection } from "../api/connection";
import { useStore } from "../store";
import classes from "./AwayBanner.module.css";

/** While the master does not answer. The page stays as it is and goes on by itself. */
export function AwayBanner() {
  const away = useStore(connection) === "away";
  return (
    <div role="status" className={classes.root}>
      {away ? <p className={classes.text}>The master is not answering. Trying again…</p> : null}
    </div>
  );
}
