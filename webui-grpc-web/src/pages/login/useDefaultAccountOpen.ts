import { useQuery } from "@tanstack/react-query";
import { defaultAccountOpen } from "../../session/session";

/** Whether "Continue as pedl" can be offered. */
export function useDefaultAccountOpen(): boolean {
  return useQuery({ queryKey: ["defaultAccountOpen"], queryFn: defaultAccountOpen, staleTime: 0 }).data ?? false;
}
