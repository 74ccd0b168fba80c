import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import classes from "./Tips.module.css";

/** What an element says on hover and focus: `<span {...tip("text")}>`. One bubble serves the whole page, so that a table may have thousands. */
export function tip(text: string | undefined): { "data-tip"?: string } {
  return text ? { "data-tip": text } : {};
}

interface Shown {
  target: Element;
  text: string;
}

/** The bubble. Stands once, in the frame of the page. */
export function Tips() {
  const id = useId();
  const [shown, setShown] = useState<Shown>();
  const bubble = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (event: Event, delay: number) => {
      clearTimeout(timer);
      const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      const text = target?.getAttribute("data-tip");
      if (!target || !text) return setShown(undefined);
      timer = setTimeout(() => target.isConnected && setShown({ target, text }), delay);
    };
    const over = (event: PointerEvent) => event.pointerType !== "touch" && show(event, 350);
    const focus = (event: FocusEvent) => {
      if (event.target instanceof Element && event.target.matches(":focus-visible")) show(event, 0);
    };
    const hide = () => {
      clearTimeout(timer);
      setShown(undefined);
    };
    const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", key);
    return () => {
      hide();
      document.removeEventListener("pointerover", over);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("keydown", key);
    };
  }, []);

  useLayoutEffect(() => {
    if (!shown || !bubble.current) return;
    const at = shown.target.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = bubble.current;
    const left = Math.max(8, Math.min(at.left + at.width / 2 - width / 2, window.innerWidth - width - 8));
    const below = at.bottom + 6;
    const top = below + height > window.innerHeight - 8 ? at.top - height - 6 : below;
    bubble.current.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    shown.target.setAttribute("aria-describedby", id);
    return () => shown.target.removeAttribute("aria-describedby");
  }, [shown, id]);

  return (
    <div ref={bubble} id={id} role="tooltip" className={classes.bubble} hidden={!shown}>
      {shown?.text}
    </div>
  );
}
