/** Rule keys of requests as such, whatever resource they bear: cause and cure for their pages. */
import type { RuleText } from './rule-text.ts'

/** A patch that is malformed, or that does not fit the resource as it is. */
export const patchRule: RuleText = {
  key: 'patch',
  source: 'https://hl7.org/fhir/R4/http.html#patch',
  title: {
    fr: 'Le PATCH doit être bien formé et s’appliquer à la ressource telle qu’elle est.',
    en: 'A patch must be well formed, and fit the resource as it is.',
  },
  cause: {
    fr: 'Une opération est mal écrite, vise un élément absent, échoue à son test, ou apporte une valeur que l’élément ne peut pas prendre. Rien n’a changé.',
    en: 'An operation is badly written, points at what is not there, fails its test, or brings a value that the element cannot take. Nothing has changed.',
  },
  cure: {
    fr: 'Relisez la ressource et corrigez l’opération : diagnostics nomme sa place dans le PATCH (patch[0] est la première) et donne la forme juste quand elle est connue.',
    en: 'Read the resource again and correct the operation: diagnostics names its place in the patch (patch[0] is the first), and gives the right form where it is known.',
  },
}

/** A `urn:` reference that no fullUrl of the Bundle bears. */
export const bundleReferenceRule: RuleText = {
  key: 'bundle-reference',
  source: 'https://hl7.org/fhir/R4/http.html#trules',
  title: {
    fr: 'Une référence urn: doit être le fullUrl d’une entrée du même Bundle.',
    en: 'A urn: reference must be the fullUrl of an entry of the same Bundle.',
  },
  cause: {
    fr: 'Aucune entrée n’a ce fullUrl. Hors d’une transaction, une référence urn: ne mène nulle part.',
    en: 'No entry has that fullUrl. Outside a transaction a urn: reference leads nowhere.',
  },
  cure: {
    fr: 'Reprenez le fullUrl de l’entrée visée, caractère par caractère, ou nommez la ressource par Type/id.',
    en: 'Repeat the fullUrl of the entry that is meant, character by character, or name the resource by Type/id.',
  },
}

/** A conditional reference without exactly one match. */
export const conditionalReferenceRule: RuleText = {
  key: 'conditional-reference',
  source: 'https://hl7.org/fhir/R4/http.html#trules ; décision 48',
  title: {
    fr: 'Une référence conditionnelle doit mener à une ressource, et à une seule.',
    en: 'A conditional reference must lead to one resource, and to one only.',
  },
  cause: {
    fr: 'La condition ne trouve rien que vous puissiez voir, ou trouve plusieurs ressources.',
    en: 'The condition finds nothing that you may see, or finds several resources.',
  },
  cure: {
    fr: 'Cherchez d’abord avec la même condition (GET Type?condition) : créez la ressource si elle manque, précisez la condition si elle en trouve plusieurs. Un INS s’écrit OID|matricule.',
    en: 'Search with the same condition first (GET Type?condition): create the resource if it is missing, narrow the condition if it finds several. An INS is written OID|matricule.',
  },
}

export const requestRuleTexts: readonly RuleText[] = [
  patchRule,
  bundleReferenceRule,
  conditionalReferenceRule,
]
