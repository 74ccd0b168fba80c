import { Suspense } from "react";
import { part } from "../part";
import { useStore } from "../store";
import { asked } from "./confirm";

const ConfirmDialog = part(() => import("./ConfirmDialog"));

/** Shows what `confirm` asks. Stands once, in the frame of the page. */
export function ConfirmHost() {
  const now = useStore(asked);
  if (!now) return null;
  return (
    <Suspense>
      <ConfirmDialog {...now.question} onClose={now.settle} />
    </Suspense>
  );
}
