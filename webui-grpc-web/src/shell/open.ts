import { createStore } from "../store";

/** Which of the frame's dialogs is open, if any. */
export const overlay = createStore<"palette" | "shortcuts" | undefined>(undefined);
