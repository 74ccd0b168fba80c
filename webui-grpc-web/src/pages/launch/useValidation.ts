import { useEffect, useRef, useState } from "react";
import { whenBack } from "../../api/connection";
import { isAborted, isAway } from "../../api/errors";
import type { Asset, CreateAssetRequest } from "../../gen/pedl/v1/asset_pb";
import { contentOf, validate } from "./api";

/** In milliseconds, from the last change. */
const DEBOUNCE = 300;

export type Validation =
  | { status: "idle"; asset?: Asset; error?: undefined }
  | { status: "checking" | "away"; asset?: Asset; error?: undefined }
  | { status: "good"; asset: Asset; error?: undefined }
  | { status: "bad"; asset?: Asset; error: unknown };

/**
 * Has the master look at a request as it is typed; the latest counts. `asset` is what would be created, or would have been
 * when the master last found the request good.
 */
export function useValidation(request: CreateAssetRequest | undefined): Validation {
  const [validation, setValidation] = useState<Validation>({ status: "idle" });
  const content = request && contentOf(request);
  const latest = useRef(request);
  latest.current = request;

  useEffect(() => {
    if (content === undefined) {
      setValidation(withStatus("idle"));
      return;
    }
    const abort = new AbortController();
    setValidation(withStatus("checking"));
    const timer = setTimeout(() => void look(abort.signal), DEBOUNCE);
    const look = async (signal: AbortSignal) => {
      if (latest.current === undefined) return;
      try {
        const asset = await validate(latest.current, signal);
        if (!signal.aborted) setValidation({ status: "good", asset });
      } catch (error) {
        if (signal.aborted || isAborted(error)) return;
        if (!isAway(error)) {
          setValidation(({ asset }) => ({ status: "bad", error, ...(asset ? { asset } : {}) }));
          return;
        }
        setValidation(withStatus("away"));
        await whenBack(signal).then(
          () => look(signal),
          () => {},
        );
      }
    };
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [content]);

  return validation;
}

function withStatus(status: "idle" | "checking" | "away") {
  return ({ asset }: Validation): Validation => ({ status, ...(asset ? { asset } : {}) });
}
