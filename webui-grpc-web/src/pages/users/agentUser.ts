import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AgentUser, AgentUserSchema } from "../../gen/pedl/v1/user_pb";

/** A link as it is typed. */
export interface LinkDraft {
  uid: string;
  user: string;
  gid: string;
  group: string;
  /** Ids, with commas or blanks between. */
  supplementaryGids: string;
  /** In octal; empty: the container's own. */
  umask: string;
}

export type Problems<Draft> = Partial<Record<keyof Draft, string>>;

/** The largest uid and gid that Docker starts a container with. */
export const MAX_UNIX_ID = 2_147_483_647;
const MAX_GROUPS = 64;

const UNIX_NAME = /^[a-zA-Z_][a-zA-Z0-9_.-]*\$?$/;
const OCTAL = /^[0-7]{1,4}$/;

export function parseUnixId(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,10}$/.test(digits)) return null;
  const id = Number(digits);
  return id <= MAX_UNIX_ID ? id : null;
}

/** Bits, or null where it is not octal or more than 0777. */
export function parseUmask(text: string): number | null {
  const digits = text.trim();
  if (!OCTAL.test(digits)) return null;
  const bits = Number.parseInt(digits, 8);
  return bits <= 0o777 ? bits : null;
}

export function umaskText(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

/** Ids in the order written, or what is wrong with them. */
export function parseGroups(text: string): number[] | string {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length > MAX_GROUPS) return `At most ${MAX_GROUPS} groups; these are ${words.length}.`;
  const ids: number[] = [];
  for (const word of words) {
    const id = parseUnixId(word);
    if (id === null) return `“${word}” is not a group id: each is 0 to ${MAX_UNIX_ID}.`;
    if (ids.includes(id)) return `${id} is there twice.`;
    ids.push(id);
  }
  return ids;
}

function unixNameProblem(text: string): string | undefined {
  const name = text.trim();
  if (name.length <= 32 && UNIX_NAME.test(name)) return undefined;
  return "1 to 32 of a-z A-Z 0-9 _ . - beginning with a letter or _.";
}

function unixIdProblem(text: string): string | undefined {
  return parseUnixId(text) === null ? `A whole number, 0 to ${MAX_UNIX_ID}.` : undefined;
}

/** What the master would refuse, by field; empty: nothing. */
export function linkProblems(draft: LinkDraft): Problems<LinkDraft> {
  const groups = parseGroups(draft.supplementaryGids);
  const umaskIsGood = draft.umask.trim() === "" || parseUmask(draft.umask) !== null;
  return known({
    uid: unixIdProblem(draft.uid),
    user: unixNameProblem(draft.user),
    gid: unixIdProblem(draft.gid),
    group: unixNameProblem(draft.group),
    supplementaryGids: typeof groups === "string" ? groups : undefined,
    umask: umaskIsGood ? undefined : "Octal digits, 0000 to 0777.",
  });
}

/** The message of a draft without problems. */
export function linkOf(draft: LinkDraft): MessageInitShape<typeof AgentUserSchema> {
  const groups = parseGroups(draft.supplementaryGids);
  const umask = parseUmask(draft.umask);
  return {
    uid: BigInt(parseUnixId(draft.uid) ?? 0),
    user: draft.user.trim(),
    gid: BigInt(parseUnixId(draft.gid) ?? 0),
    group: draft.group.trim(),
    supplementaryGids: typeof groups === "string" ? [] : groups.map(BigInt),
    ...(umask === null ? {} : { umask }),
  };
}

export function draftOf(link: AgentUser | undefined): LinkDraft {
  if (link === undefined) return { uid: "", user: "", gid: "", group: "", supplementaryGids: "", umask: "" };
  return {
    uid: String(link.uid),
    user: link.user,
    gid: String(link.gid),
    group: link.group,
    supplementaryGids: link.supplementaryGids.join(", "),
    umask: link.umask === undefined ? "" : umaskText(link.umask),
  };
}

/** `ada (1234) : ml (2000)`: as a table shows it. */
export function runsAs(link: AgentUser): string {
  return `${link.user} (${link.uid}) : ${link.group} (${link.gid})`;
}

/** What a link holds beside its user and group; null: nothing. */
export function runsAsMore(link: AgentUser): string | null {
  const groups = link.supplementaryGids;
  const more = [
    groups.length > 0 ? `${groups.length === 1 ? "group" : "groups"} ${groups.join(", ")}` : null,
    link.umask === undefined ? null : `umask ${umaskText(link.umask)}`,
  ].filter((words) => words !== null);
  return more.length > 0 ? more.join(" · ") : null;
}

/** The fields of a draft, by what the master calls them. */
export const LINK_FIELDS: Record<string, keyof LinkDraft> = {
  "agent_user.uid": "uid",
  "agent_user.user": "user",
  "agent_user.gid": "gid",
  "agent_user.group": "group",
  "agent_user.supplementary_gids": "supplementaryGids",
  "agent_user.umask": "umask",
};

/** Without what is undefined. */
function known<Draft>(problems: { [Field in keyof Draft]?: string | undefined }): Problems<Draft> {
  const entries = Object.entries(problems).filter(([, problem]) => problem !== undefined);
  return Object.fromEntries(entries) as Problems<Draft>;
}
