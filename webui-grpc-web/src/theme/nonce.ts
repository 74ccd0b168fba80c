/**
 * The nonce with which the CSP lets this page add styles: the server puts one into index.html with each answer.
 * Undefined where there is no CSP, as with Vite's own server.
 */
export const styleNonce: string | undefined =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined;

// Where Mantine's modals keep the page from scrolling, a library adds a style of its own; it looks for the nonce here.
if (styleNonce) Object.assign(globalThis, { __webpack_nonce__: styleNonce });
