/** Whether a key goes into a field, an editor, a menu or a dialog, and means nothing to the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing) return true;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest(
        'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [role="dialog"], [role="menu"]',
      ) !== null)
  );
}
