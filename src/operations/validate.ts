/** $validate on a type and on an instance. R4 resource-operation-validate.html. */
import { InvalidRequest } from '../errors.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import { isObject, isResource, type JsonObject, type Resource } from '../fhir/resource.ts'
import type { Context } from '../interactions/context.ts'
import { toResource } from '../interactions/patch.ts'
import { requireReadable } from '../interactions/read.ts'
import { draftDelete } from '../interactions/delete.ts'
import { createDraftPlan } from '../interactions/draft.ts'

export interface ValidateRequest {
  readonly type: string
  /** On an instance. */
  readonly id?: string
  /** The resource itself, or Parameters with resource, mode and profile. */
  readonly body?: Resource
  /** Of the query string. */
  readonly parameters: readonly (readonly [string, string])[]
}

const modes = ['create', 'update', 'delete', 'profile'] as const
type Mode = (typeof modes)[number]

/** All issues at once; none mean that the resource is valid. */
export async function validateOperation(
  context: Context,
  request: ValidateRequest,
): Promise<readonly Issue[]> {
  const { resource, profiles, mode } = readRequest(request)
  if (mode === 'delete') return checkDelete(context, request)
  const subject = resource ?? (await storedResource(context, request))
  if (subject.resourceType !== request.type) {
    return [wrongType(subject.resourceType, request.type)]
  }
  const { validator, definitions, timeZone } = context.services
  const issues = validator.validate(subject, {
    profiles,
    timeZone,
    canonicalResource: (type, canonical) => definitions.find(type, canonical),
  })
  return [...issues, ...idIssues(subject, request, mode)]
}

interface ReadRequest {
  readonly resource?: Resource
  readonly profiles: readonly string[]
  readonly mode?: Mode
}

/** Throws 400 for parameters that the operation does not have, or a wrong mode. */
function readRequest({ type, body, parameters }: ValidateRequest): ReadRequest {
  const given: { profiles: string[]; mode?: string; resource?: Resource } = { profiles: [] }
  for (const [name, value] of parameters) take(given, name, value)
  if (body && isOperationInput(body, type)) {
    for (const parameter of parametersOf(body)) {
      const value =
        parameter.resource ??
        parameter.valueUri ??
        parameter.valueCanonical ??
        parameter.valueCode ??
        parameter.valueString
      take(given, String(parameter.name), value)
    }
  } else if (body) given.resource = body
  if (given.mode !== undefined && !modes.includes(given.mode as Mode)) {
    throw new InvalidRequest(`mode must be one of ${modes.join(', ')}; "${given.mode}" is not`, {
      expression: 'http.mode',
    })
  }
  return given as ReadRequest
}

/**
 * Parameters that carry the operation's input, rather than a Parameters resource to validate: these
 * are told apart by their names where the URL is that of Parameters itself.
 */
function isOperationInput(body: Resource, type: string): boolean {
  if (body.resourceType !== 'Parameters') return false
  if (type !== 'Parameters') return true
  const { parameter } = body
  return (
    Array.isArray(parameter) &&
    parameter.length > 0 &&
    parameter.every(
      (one) => isObject(one) && ['resource', 'mode', 'profile'].includes(String(one.name)),
    )
  )
}

function parametersOf({ parameter = [] }: Resource): readonly JsonObject[] {
  if (Array.isArray(parameter) && parameter.every(isObject)) return parameter
  throw new InvalidRequest('Parameters.parameter must be a list of objects', {
    code: 'structure',
    expression: 'Parameters.parameter',
  })
}

function take(
  given: { profiles: string[]; mode?: string; resource?: Resource },
  name: string,
  value: unknown,
): void {
  if (name === '_format' || name === '_pretty') return
  if (name === 'profile' && typeof value === 'string') given.profiles.push(value)
  else if (name === 'mode' && typeof value === 'string') given.mode = value
  else if (name === 'resource' && isResource(value)) given.resource = value
  else {
    throw new InvalidRequest(
      `$validate takes resource, mode and profile; "${name}" is not one of them, or has no usable value`,
      {
        expression: `http.${name}`,
      },
    )
  }
}

async function storedResource(context: Context, { type, id }: ValidateRequest): Promise<Resource> {
  if (id === undefined) {
    throw new InvalidRequest('$validate on a type needs a resource in its body', {
      code: 'required',
    })
  }
  return toResource(context, await requireReadable(context, { type, id }))
}

/** Whether the instance could be deleted: asked, not done. */
async function checkDelete(
  context: Context,
  { type, id }: ValidateRequest,
): Promise<readonly Issue[]> {
  if (id === undefined) {
    throw new InvalidRequest('mode=delete is asked of an instance: Type/id/$validate', {
      expression: 'http.mode',
    })
  }
  context.store.requireMay('delete', type)
  await requireReadable(context, { type, id })
  const plan = createDraftPlan('single')
  const draft = await draftDelete(context, plan, { type, target: { id } })
  if (draft) {
    plan.drafts.push(draft)
    for (const rule of context.services.rules) await rule.prepare?.(plan, context)
  }
  return []
}

function wrongType(actual: string, expected: string): Issue {
  return {
    severity: 'error',
    code: 'invalid',
    diagnostics: `The resource is a ${actual}, but the URL is for ${expected}`,
    expression: ['resourceType'],
  }
}

/** mode=create wants no id of the server's making; mode=update wants the URL's. */
function idIssues(
  resource: Resource,
  { id, type }: ValidateRequest,
  mode: Mode | undefined,
): readonly Issue[] {
  if (mode !== 'update' || id === undefined || resource.id === id) return []
  return [
    {
      severity: 'error',
      code: 'invalid',
      diagnostics: `An update of ${type}/${id} must carry this id`,
      expression: [`${type}.id`],
    },
  ]
}
