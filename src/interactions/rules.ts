/** The place of national rules: what they may add to a write and ask of a read or search. */
import type { Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { Clause } from '../search/search-request.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Draft, DraftPlan } from './draft.ts'

/** What the validator is asked of a draft. */
export interface ImposedValidation {
  readonly profiles?: readonly string[]
  /** Only the base type: meta.profile does not count (a metadata change, decision 9). */
  readonly baseOnly?: boolean
}

export interface OutwardForm {
  readonly form: Resource
  /** Nobody but the depositor sees more, as things stand: searches find only this form. */
  readonly isIndexed: boolean
}

/**
 * One set of rules, such as those of the DMP. `server.ts` registers them; the core does not know
 * them. Each hook is optional. A hook refuses by throwing a FhirError, or adds issues to a draft:
 * those of severity error refuse the plan as a whole (422), the others travel with the answer.
 *
 * `Context` is a parameter because a context holds the rules: `NationalRules` of context.ts is this
 * interface with it filled in.
 */
export interface RulesIn<Context> {
  readonly name: string
  /** Before validation: fills in what the server knows, adds drafts (a replaced document). */
  readonly prepare?: (plan: DraftPlan, context: Context) => Promise<void> | void
  /** The id that a condition of a plan meant which now matches nothing: see former-target.ts. */
  readonly formerTarget?: (
    plan: DraftPlan,
    context: Context,
    condition: { readonly type: string; readonly query: string },
  ) => Promise<string | undefined>
  readonly validationOf?: (draft: Draft, plan: DraftPlan) => ImposedValidation
  /** After validation: checks what needs the store, adds claims, preconditions and events. */
  readonly check?: (plan: DraftPlan, context: Context) => Promise<void> | void
  /** Index entries that the search parameters alone do not give. */
  readonly entriesOf?: (resource: Resource, draft: Draft) => readonly IndexEntry[]
  /** Whether searches must no longer find what a draft stores (decision 9). */
  readonly isUnsearchable?: (draft: Draft) => boolean
  /** The form for callers who do not receive an INS; undefined when nothing differs (decision 30). */
  readonly outwardForm?: (
    draft: Draft,
    plan: DraftPlan,
    context: Context,
  ) => Promise<OutwardForm | undefined> | OutwardForm | undefined
  /** Labels of the envelope by which the rules find the resource again. */
  readonly labelsOf?: (draft: Draft) => readonly string[]
  /** Before a stored version is shown: throws Gone or Forbidden. */
  readonly checkRead?: (version: StoredVersion, context: Context) => Promise<void> | void
  /** Before a patch is applied: throws MethodNotAllowed, whatever the patch says. */
  readonly checkPatch?: (stored: StoredVersion) => void
  /** Before the history of one resource is shown: throws Forbidden. */
  readonly checkHistory?: (newest: StoredVersion, context: Context) => Promise<void> | void
  /** What a search of the type must also meet; undefined where the rules keep nothing out of it. */
  readonly restrictSearch?: (
    type: string,
    parameters: readonly (readonly [string, string])[],
    context: Context,
  ) => Clause | undefined
  /** Before a search: refuses one that lacks what the rules ask for. */
  readonly checkSearch?: (
    type: string,
    parameters: readonly (readonly [string, string])[],
    context: Context,
  ) => Promise<void> | void
}
