import { Skeleton } from "../../components/Skeleton";
import classes from "./AssetView.module.css";

/** Where an asset will be, in its size. */
export function AssetSkeleton() {
  return (
    <div className={classes.page} role="status" aria-label="Loading">
      <div className={classes.skeletonHeader}>
        <Skeleton width={280} height={20} />
        <Skeleton width={340} height={14} />
      </div>
      <div className={classes.body}>
        <div className={classes.main}>
          <div className={classes.tabs} />
          <div className={classes.skeletonLog} />
        </div>
        <div className={classes.facts} />
      </div>
    </div>
  );
}
