import { useMemo } from "react";
import type { Asset } from "../gen/pedl/v1/asset_pb";
import { configOf } from "./commandConfig";
import YamlView from "./YamlView";

/** The configuration that would create an asset like this one again, as `pedl command config` prints it. */
export default function ConfigView({ asset }: { asset: Asset }) {
  const text = useMemo(() => configOf(asset), [asset]);
  return <YamlView text={text} label="Configuration" />;
}
