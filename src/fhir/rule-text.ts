/** What a rule key means to people: the page that an issue's details link to. */

export interface Bilingual {
  readonly fr: string
  readonly en: string
}

export interface RuleText {
  /** Stable, lower-case: `dmp-hash`, or an invariant's own key. */
  readonly key: string
  /** One sentence: what is asked. */
  readonly title: Bilingual
  readonly cause: Bilingual
  readonly cure: Bilingual
  /** Where it is written: the guide and its section, or our decision. */
  readonly source: string
}
