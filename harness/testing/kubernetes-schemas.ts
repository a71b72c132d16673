import { validate as validateDeployment } from "kubernetes-models/_schemas/IoK8sApiAppsV1Deployment";
import { validate as validateStatefulSet } from "kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet";
import { validate as validateJob } from "kubernetes-models/_schemas/IoK8sApiBatchV1Job";
import { validate as validateConfigMap } from "kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap";
import { validate as validateSecret } from "kubernetes-models/_schemas/IoK8sApiCoreV1Secret";
import { validate as validateService } from "kubernetes-models/_schemas/IoK8sApiCoreV1Service";
import { validate as validateBudget } from "kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget";

/** By `apiVersion/kind`. */
const VALIDATORS = {
  "v1/ConfigMap": validateConfigMap,
  "v1/Secret": validateSecret,
  "v1/Service": validateService,
  "apps/v1/Deployment": validateDeployment,
  "apps/v1/StatefulSet": validateStatefulSet,
  "batch/v1/Job": validateJob,
  "policy/v1/PodDisruptionBudget": validateBudget,
} as const;

interface Complaint {
  readonly instancePath: string;
  readonly message?: string;
}

/**
 * What Kubernetes' own schemas have against a manifest, one line each: wrong types, missing fields, and fields that no schema
 * knows. The schemas let the last ones pass, but a validator asks for every field that its schema knows, so what nobody
 * has asked for is unknown.
 */
export function complaintsAbout(manifest: object): readonly string[] {
  const { apiVersion, kind } = manifest as { readonly apiVersion?: string; readonly kind?: string };
  const name = `${apiVersion}/${kind}`;
  if (!isKnown(name)) return [`no schema for ${name}`];
  const validate = VALIDATORS[name];
  const asked = new Set<string>();
  if (!validate(watched(manifest, "", asked))) {
    const errors = (validate as { readonly errors?: readonly Complaint[] | null }).errors ?? [];
    return errors.map(({ instancePath, message }) => `${instancePath} ${message ?? "is wrong"}`);
  }
  return fieldsOf(manifest, "")
    .filter((path) => !asked.has(path))
    .map((path) => `${path} is no field`);
}

function isKnown(name: string): name is keyof typeof VALIDATORS {
  return Object.hasOwn(VALIDATORS, name);
}

/** Notes every field that is read, as a JSON pointer. */
function watched<T extends object>(value: T, path: string, asked: Set<string>): T {
  return new Proxy(value, {
    get(target, key, receiver) {
      const found: unknown = Reflect.get(target, key, receiver);
      if (typeof key === "symbol") return found;
      const here = `${path}/${key}`;
      asked.add(here);
      return typeof found === "object" && found !== null ? watched(found, here, asked) : found;
    },
  });
}

function fieldsOf(value: object, path: string): readonly string[] {
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const here = `${path}/${key}`;
    return typeof field === "object" && field !== null ? [here, ...fieldsOf(field, here)] : [here];
  });
}
