/** The INS rule keys: cause and cure, and where each is written. */
import type { Issue, IssueCode, IssueSeverity } from '../../fhir/operation-outcome.ts'
import type { RuleText } from '../../fhir/rule-text.ts'

export const insRuleTexts = [
  {
    key: 'ins-key',
    title: {
      fr: 'La clé du matricule INS doit être juste.',
      en: 'The key of the INS matricule must be right.',
    },
    cause: {
      fr: 'Les deux derniers chiffres ne sont pas 97 − (N mod 97).',
      en: 'The last two digits are not 97 − (N mod 97).',
    },
    cure: {
      fr: 'Reprenez le matricule tel que le téléservice INSi l’a rendu. Pour une campagne de tests, INS_KEY=warning.',
      en: 'Take the matricule as the INSi service gave it. For a test campaign, set INS_KEY=warning.',
    },
    source: 'Référentiel INS; décision 31',
  },
  {
    key: 'ins-test-oid',
    title: {
      fr: 'Un INS de test ou de démonstration n’entre pas en production.',
      en: 'An INS of test or demonstration does not enter production.',
    },
    cause: {
      fr: 'L’identifiant porte l’OID des INS de test (.10) ou de démonstration (.11), et le serveur tourne avec AUTH=smart.',
      en: 'The identifier bears the OID of INS for tests (.10) or demonstrations (.11), and the server runs with AUTH=smart.',
    },
    cure: {
      fr: 'Envoyez l’INS réel (.8 ou .9), ou utilisez un serveur de test (AUTH=sandbox).',
      en: 'Send the real INS (.8 or .9), or use a server for tests (AUTH=sandbox).',
    },
    source: 'Référentiel INS; décision 30',
  },
  {
    key: 'ins-shape',
    title: {
      fr: 'Un matricule INS a 15 caractères, clé comprise.',
      en: 'An INS matricule has 15 characters, key included.',
    },
    cause: {
      fr: 'La valeur porte des espaces, une minuscule, ou n’a pas sa clé.',
      en: 'The value has spaces, a lower-case letter, or no key.',
    },
    cure: {
      fr: 'Envoyez 13 caractères puis la clé de 2 chiffres, sans espace ; 2A et 2B en majuscules.',
      en: 'Send 13 characters and the key of 2 digits, without spaces; 2A and 2B in upper case.',
    },
    source: 'Référentiel INS; décision 31',
  },
  {
    key: 'ins-not-qualified',
    title: {
      fr: 'Un INS ne voyage qu’avec une identité qualifiée.',
      en: 'An INS travels with a qualified identity only.',
    },
    cause: {
      fr: 'L’identité n’est pas qualifiée (INSi et contrôle de cohérence), ou un trait strict manque.',
      en: 'The identity is not qualified (INSi and coherence check), or a strict trait is missing.',
    },
    cure: {
      fr: 'Qualifiez l’identité : identityStatus VALI avec INS officiel et les cinq traits stricts.',
      en: 'Qualify the identity: identityStatus VALI with an official INS and the five strict traits.',
    },
    source: 'RNIV, EXI SI 08; INS/va1.53; décisions 30 et 70',
  },
  {
    key: 'ins-unique',
    title: {
      fr: 'Un INS qualifié désigne un seul patient.',
      en: 'A qualified INS names one patient.',
    },
    cause: {
      fr: 'Un autre Patient porte déjà cet INS.',
      en: 'Another Patient already has this INS.',
    },
    cure: {
      fr: 'Mettez à jour le patient existant ; une fusion se décide à la main.',
      en: 'Update the existing patient; merging is decided by people.',
    },
    source: 'Décision 33',
  },
  {
    key: 'ins-use',
    title: {
      fr: 'Un INS-NIA porte l’usage official, old ou temp.',
      en: 'An INS-NIA has the use official, old or temp.',
    },
    cause: {
      fr: 'Identifier.use a une autre valeur.',
      en: 'Identifier.use has another value.',
    },
    cure: {
      fr: 'Mettez official pour l’INS en vigueur, old pour un ancien, temp pour un NIA d’attente.',
      en: 'Write official for the INS in force, old for a former one, temp for a NIA that waits.',
    },
    source: 'FR Core 2.1.0 et 2.2.0, fr-core-patient-ins ; décision 34',
  },
  {
    key: 'registry-key',
    title: {
      fr: 'La clé d’un RPPS, FINESS, SIREN ou SIRET doit être juste.',
      en: 'The key of an RPPS, FINESS, SIREN or SIRET must be right.',
    },
    cause: {
      fr: 'Le dernier chiffre ne correspond pas aux autres, ou la longueur est fausse.',
      en: 'The last digit does not follow from the others, or the length is wrong.',
    },
    cure: {
      fr: 'Vérifiez l’identifiant à sa source (annuaire santé, FINESS, INSEE).',
      en: 'Check the identifier at its source (health directory, FINESS, INSEE).',
    },
    source: 'Décision 71',
  },
] as const satisfies readonly RuleText[]

/** The keys that have a text: no other can be used. */
export type InsRule = (typeof insRuleTexts)[number]['key']

const titles = new Map(insRuleTexts.map(({ key, title }) => [key, title]))

/** Where the value itself is wrong, or another has it already. Other rules are the health service's. */
const codes: Partial<Record<InsRule, IssueCode>> = {
  'ins-key': 'value',
  'ins-shape': 'value',
  'ins-unique': 'duplicate',
  'registry-key': 'value',
}

export function insIssue({
  rule,
  severity = 'error',
  expression,
  diagnostics,
}: {
  readonly rule: InsRule
  readonly severity?: IssueSeverity
  readonly expression: string
  readonly diagnostics: string
}): Issue {
  return {
    rule,
    severity,
    code: codes[rule] ?? 'business-rule',
    expression: [expression],
    diagnostics,
    text: titles.get(rule)!,
  }
}
