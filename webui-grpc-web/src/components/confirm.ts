import type { ReactNode } from "react";
import { createStore } from "../store";

export interface Question {
  title: string;
  /** Names what ends. */
  body: ReactNode;
  /** What the button says: the action, as a verb. */
  confirmLabel: string;
  danger?: boolean;
  /** Runs while the dialog shows that it does; what it throws is told in the dialog, which stays. */
  action: () => Promise<unknown>;
}

/** What is being asked, if anything; ConfirmHost shows it. */
export const asked = createStore<{ question: Question; settle: (done: boolean) => void } | undefined>(undefined);

/** Asks before something ends. True once it is done; false where the answer was no. */
export function confirm(question: Question): Promise<boolean> {
  asked.get()?.settle(false);
  return new Promise((resolve) => {
    asked.set({
      question,
      settle: (done) => {
        asked.set(undefined);
        resolve(done);
      },
    });
  });
}
