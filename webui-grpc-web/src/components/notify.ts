import { explain } from "../api/errors";
import { createStore } from "../store";

export interface Notice {
  id: number;
  tone: "good" | "bad";
  title: string;
  detail?: string;
}

/** What is being told; Notices shows it. */
export const notices = createStore<readonly Notice[]>([]);

let count = 0;

function tell(notice: Omit<Notice, "id">): void {
  count += 1;
  notices.set([...notices.get().slice(-3), { ...notice, id: count }]);
}

export function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

/** Tells in a corner of the page what came of an action; failures stay until they are read. */
export const notify = {
  success(text: string): void {
    tell({ tone: "good", title: text });
  },
  failure(problem: unknown): void {
    if (typeof problem === "string") tell({ tone: "bad", title: problem });
    else tell({ tone: "bad", ...explain(problem) });
  },
};
