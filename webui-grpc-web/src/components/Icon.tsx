import type { ReactElement } from "react";

/** Drawn on 16 by 16, in lines of 1.5. */
const paths = {
  experiments: <path d="M6 2h4M6.5 2v4.2L2.8 12.6A1 1 0 0 0 3.7 14h8.6a1 1 0 0 0 .9-1.4L9.5 6.2V2M4.6 10h6.8" />,
  notebooks: <path d="M4 2h8a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1ZM6 2v12M8.5 5.5h2" />,
  commands: <path d="m3 4.5 3.5 3.5L3 11.5M8 12h5" />,
  tensorboards: <path d="M2 13.5h12M4 11V8M8 11V3M12 11V6" />,
  cluster: <path d="M3 3h10v4H3zM3 9h10v4H3zM5.5 5h0M5.5 11h0" />,
  users: (
    <path d="M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.3 2-4 4.5-4s4.5 1.7 4.5 4M11 3a2.3 2.3 0 0 1 0 4.3M12.2 9.8c1.4.6 2.3 2 2.3 3.7" />
  ),
  user: <path d="M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c0-2.6 2.4-4.5 5.5-4.5s5.5 1.9 5.5 4.5" />,
  audit: <path d="M3 2.5h7l3 3v8H3zM10 2.5v3h3M5.5 8.5h5M5.5 11h3.5" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5l3.2 3.2" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.5" />,
  copy: (
    <path d="M6 5.5h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1ZM10.5 5.5V3a1 1 0 0 0-1-1H3a1 1 0 0 0-1 1v6.5a1 1 0 0 0 1 1h2" />
  ),
  link: (
    <path d="M6.8 9.2a2.8 2.8 0 0 0 4 0l2-2a2.8 2.8 0 0 0-4-4l-.9.9M9.2 6.8a2.8 2.8 0 0 0-4 0l-2 2a2.8 2.8 0 0 0 4 4l.9-.9" />
  ),
  plus: <path d="M8 3v10M3 8h10" />,
  down: <path d="m4 6 4 4 4-4" />,
  right: <path d="m6 4 4 4-4 4" />,
  sortUp: <path d="M8 12.5V3.5M4.5 7 8 3.5 11.5 7" />,
  sortDown: <path d="M8 3.5v9M4.5 9 8 12.5 11.5 9" />,
  kill: <path d="M4.5 3.5h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z" />,
  alert: <path d="M8 2 14.5 13.5h-13zM8 6.5v3M8 11.5h0" />,
  sun: (
    <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  ),
  moon: <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z" />,
  system: <path d="M2.5 3h11v8h-11zM5.5 13.5h5M8 11v2.5" />,
  signOut: <path d="M6.5 13.5h-3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h3M10.5 11l3-3-3-3M13.5 8h-7" />,
  signIn: <path d="M9.5 2.5h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-3M6.5 11l3-3-3-3M9.5 8h-7" />,
  more: <path d="M3.5 8h0M8 8h0M12.5 8h0" strokeWidth="2.2" />,
  refresh: <path d="M13.5 8A5.5 5.5 0 1 1 11.6 3.8L13.5 5.5M13.5 2.5v3h-3" />,
  key: <path d="M5.5 13a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM7.3 8.7 13.5 2.5M10.5 5.5l2 2" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.2l2 1.3" />,
  wrap: <path d="M2.5 4h11M2.5 8h9a2 2 0 0 1 0 4.5H8M9.5 11 8 12.5 9.5 14M2.5 12.5H5" />,
  up: <path d="m4 10 4-4 4 4" />,
  toEnd: <path d="M8 2.5v8M4.5 7 8 10.5 11.5 7M3.5 13.5h9" />,
  download: <path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10" />,
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof paths;

/** A small picture that goes with a word; never the only way something is said. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {paths[name]}
    </svg>
  );
}
