import { useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { loadEarly, part } from "../part";
import { useSession } from "../session/session";
import { useStore } from "../store";
import { isTyping } from "./keys";
import { placesFor } from "./navigation";
import { overlay } from "./open";

const loadPalette = () => import("./Palette");
const Palette = part(loadPalette);
const Shortcuts = part(() => import("./Shortcuts"));

/** The palette and the list of shortcuts, and the keys that work on every page. */
export function Overlays() {
  const open = useStore(overlay);
  const { user } = useSession();
  const navigate = useNavigate();

  // Once the page is there: who opens it types at once.
  useEffect(() => {
    const timer = setTimeout(() => loadEarly(loadPalette), 3000);
    return () => clearTimeout(timer);
  }, []);

  useEffect(() => {
    let afterG = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        overlay.set(overlay.get() === "palette" ? undefined : "palette");
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event) || overlay.get()) return;
      if (event.key === "?") {
        event.preventDefault();
        overlay.set("shortcuts");
      } else if (event.key === "g") {
        afterG = event.timeStamp;
      } else if (afterG && event.timeStamp - afterG < 1500) {
        afterG = 0;
        const place = placesFor(user.admin).find(({ key }) => key === event.key);
        if (place) {
          event.preventDefault();
          event.stopImmediatePropagation();
          void navigate({ to: place.to });
        }
      }
    };
    // Before the lists' own keys: the letter after `g` is not theirs.
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, [user.admin, navigate]);

  return (
    <Suspense>
      {open === "palette" ? <Palette onClose={() => overlay.set(undefined)} /> : null}
      {open === "shortcuts" ? <Shortcuts onClose={() => overlay.set(undefined)} /> : null}
    </Suspense>
  );
}
