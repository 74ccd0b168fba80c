import { create, toJsonString } from "@bufbuild/protobuf";
import { queryOptions } from "@tanstack/react-query";
import { assets } from "../../api/clients";
import { requestOf } from "../../config/commandConfig";
import { type Asset, AssetSchema, type CreateAssetRequest, CreateAssetRequestSchema } from "../../gen/pedl/v1/asset_pb";

/** The asset to begin with. */
export function templateQuery(id: string) {
  return queryOptions({
    queryKey: ["launch", "template", id],
    queryFn: async ({ signal }) => (await assets.getAsset({ id: BigInt(id) }, { signal })).asset ?? create(AssetSchema),
    // It is read once: what comes later would overwrite what was entered.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** A command that asks for nothing in particular, as the cluster's defaults complete it. */
export function defaultsQuery() {
  return queryOptions({
    queryKey: ["launch", "defaults"],
    queryFn: ({ signal }) => validate(requestOf({ environmentVariables: new Map() }, ["true"]), signal),
    staleTime: 60_000,
  });
}

/** What a request would create; nothing is created. */
export async function validate(request: CreateAssetRequest, signal: AbortSignal): Promise<Asset> {
  const { asset } = await assets.createAsset({ ...request, validateOnly: true }, { signal });
  return asset ?? create(AssetSchema);
}

/** Creates what is asked for, once for each request id. */
export async function launch(request: CreateAssetRequest, requestId: string): Promise<Asset> {
  const { asset } = await assets.createAsset({ ...request, requestId });
  return asset ?? create(AssetSchema);
}

/** The same text for requests that ask for the same. */
export function contentOf(request: CreateAssetRequest): string {
  return toJsonString(CreateAssetRequestSchema, request);
}
