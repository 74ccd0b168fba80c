import { AwayBanner } from "./AwayBanner";
import classes from "./Frame.module.css";
import { Wordmark } from "./Wordmark";

/** The frame before it is known who is signed in. */
export function FrameSkeleton() {
  return (
    <div className={classes.root}>
      <div className={classes.rail}>
        <span className={classes.brand}>
          <Wordmark />
        </span>
      </div>
      <div className={classes.bar} />
      <AwayBanner />
      <div className={classes.page} role="status" aria-label="Loading" />
    </div>
  );
}
