type Event = "signedIn" | "signedOut";

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("pedl-session");

/** The cookie is shared by a browser's tabs: what one does, the others learn. */
export function tellOtherTabs(event: Event): void {
  channel?.postMessage(event);
}

export function onOtherTabs(listener: (event: Event) => void): void {
  channel?.addEventListener("message", ({ data }) => {
    if (data === "signedIn" || data === "signedOut") listener(data);
  });
}
